# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger's published vectors: entries, checkpoints and proofs with the verdict they deserve.

`docs/ref/vectors/ledger/proofs.json` is what `make` gives; another implementation checks itself
against it. Everything is deterministic: the key is the bytes 0 to 31, ids are counted.

    python -m machimori.ledger.vectors > docs/ref/vectors/ledger/proofs.json
"""

import dataclasses
import json
import sys

from machimori.kernel.canonical import Json
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.ledger.entry import Entry
from machimori.ledger.proof import Consistency, Inclusion
from machimori.ledger.testing import MemoryLedger

SEED = bytes(range(32))
ENTRIES = 7


def make() -> dict[str, Json]:
    """The whole file as an object."""
    ledger = MemoryLedger(name="ledger.example.jp/machimori", signing_key=SigningKey(SEED))
    entries = [
        Entry(
            type="release.requested",
            at=Micros(1_795_000_000_000_000 + number),
            id=f"{number:032x}",
            subject={"case": "c-104"},
            data={"challenge": f"{number:064x}"},
        )
        for number in range(ENTRIES)
    ]
    for entry in entries:
        ledger.append(entry)
    other = MemoryLedger(name="ledger.example.jp/machimori", signing_key=SigningKey(SEED))
    for entry in entries[1:]:
        other.append(entry)

    proof = ledger.inclusion(entries[4].id)
    grown = ledger.consistency(3)
    stranger = MemoryLedger(name="ledger.example.jp/machimori", signing_key=SigningKey(SEED[::-1]))
    stranger.append(*entries)
    inclusions: list[tuple[str, str, Entry, Inclusion]] = [
        ("sound", "entry 4 of 7", entries[4], proof),
        ("sound", "the newest entry", entries[6], ledger.inclusion(entries[6].id)),
        ("refused", "another entry", entries[3], proof),
        ("refused", "another index", entries[4], dataclasses.replace(proof, index=5)),
        (
            "refused",
            "hashes in another order",
            entries[4],
            dataclasses.replace(proof, hashes=proof.hashes[::-1]),
        ),
        (
            "refused",
            "one hash too many",
            entries[4],
            dataclasses.replace(proof, hashes=(*proof.hashes, bytes(32))),
        ),
        ("refused", "another log's key", entries[4], stranger.inclusion(entries[4].id)),
    ]
    consistencies: list[tuple[str, str, Consistency]] = [
        ("sound", "from 3 entries to 7", grown),
        ("sound", "from 7 entries to 7", ledger.consistency(7)),
        ("refused", "backwards", dataclasses.replace(grown, old=grown.new, new=grown.old)),
        ("refused", "a hash is missing", dataclasses.replace(grown, hashes=grown.hashes[1:])),
        (
            "refused",
            "a rewritten log of the same key",
            dataclasses.replace(other.consistency(3), old=grown.old),
        ),
    ]
    return {
        "vkey": ledger.key.vkey(),
        "seed": SEED.hex(),
        "entries": [entry.encode().decode() for entry in entries],
        "inclusion": [
            {
                "verdict": verdict,
                "why": why,
                "entry": e.encode().decode(),
                "proof": p.encode().decode(),
            }
            for verdict, why, e, p in inclusions
        ],
        "consistency": [
            {"verdict": verdict, "why": why, "proof": p.encode().decode()}
            for verdict, why, p in consistencies
        ],
    }


if __name__ == "__main__":
    json.dump(make(), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
