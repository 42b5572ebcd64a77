-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The ledger's tables. Nothing here is ever updated; only `pending` is deleted from, by the
-- sequencer, in the transaction that places the entry. Sizes are bytes, hashes SHA-256.
-- Run by a role that may create schemas; {owner}, {office} and {sequencer} are filled in.

CREATE SCHEMA ledger AUTHORIZATION {owner};
SET LOCAL ROLE {owner};

-- What callers append in their own transactions.
CREATE TABLE ledger.pending (
    seq  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- order of arrival; gaps are normal
    id   uuid   NOT NULL UNIQUE,                          -- the entry's own id: 128 random bits
    body bytea  NOT NULL                                  -- canonical JSON, 2 to 65,535 bytes
         CHECK (octet_length(body) BETWEEN 2 AND 65535),
    CONSTRAINT id_is_the_bodys
         CHECK (convert_from(body, 'UTF8')::json ->> 'id' IS NOT DISTINCT FROM
                replace(id::text, '-', ''))                -- plain = would let NULL pass
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
COMMENT ON TABLE ledger.pending IS 'Committed entries without an index; emptied by the sequencer';

-- The log itself: contiguous indices from 0.
CREATE TABLE ledger.entry (
    index bigint PRIMARY KEY CHECK (index >= 0),          -- the leaf's number in the tree
    id    uuid   NOT NULL UNIQUE,
    leaf  bytea  NOT NULL                                 -- 32 bytes, RFC 6962 leaf hash
          GENERATED ALWAYS AS (sha256('\x00'::bytea || body)) STORED,
    body  bytea  NOT NULL CHECK (octet_length(body) BETWEEN 2 AND 65535)
);
COMMENT ON TABLE ledger.entry IS 'Sequenced entries';

-- Full rows of 256 hashes (C2SP tlog-tiles, height 8).
CREATE TABLE ledger.tile (
    level  smallint NOT NULL CHECK (level BETWEEN 0 AND 7), -- tree level divided by 8
    number bigint   NOT NULL CHECK (number >= 0),           -- first node divided by 256
    hashes bytea    NOT NULL CHECK (octet_length(hashes) = 8192),
    root   bytea    NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (level, number)
);
-- Hashes do not compress; trying costs more than the rest of a proof.
ALTER TABLE ledger.tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE ledger.checkpoint (
    size      bigint      PRIMARY KEY CHECK (size >= 0),    -- entries it covers
    note      bytea       NOT NULL CHECK (octet_length(note) <= 65536), -- C2SP signed note
    stored_at timestamptz NOT NULL DEFAULT now()            -- for people; nothing relies on it
);

-- Pending rows whose id another entry has: kept so that nothing vanishes, never sequenced.
CREATE TABLE ledger.rejected (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          uuid        NOT NULL,
    body        bytea       NOT NULL,
    rejected_at timestamptz NOT NULL DEFAULT now()
);

-- Locked by the sequencer for each batch. Not an advisory lock, because any role may take those.
CREATE TABLE ledger.turn ();

GRANT USAGE ON SCHEMA ledger TO {office}, {sequencer};
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO {office}, {sequencer};
GRANT INSERT (id, body) ON ledger.pending TO {office};
GRANT DELETE ON ledger.pending TO {sequencer};
GRANT INSERT (index, id, body) ON ledger.entry TO {sequencer};
GRANT INSERT ON ledger.tile, ledger.checkpoint TO {sequencer};
GRANT INSERT (id, body) ON ledger.rejected TO {sequencer};
GRANT UPDATE ON ledger.turn TO {sequencer};
