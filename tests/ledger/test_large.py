# SPDX-License-Identifier: AGPL-3.0-or-later
"""A tree of several tile levels in the database: recovery, growth and proofs over every border."""

import random
from pathlib import Path

import psycopg

from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.ledger.postgres.sequencer import Sequencer
from machimori.ledger.testing import LedgerProcess
from machimori.simcity.bench.ledger import build, generated_id

BORDER = 256 * 256


def test_proofs_over_the_border_of_a_level(tmp_path: Path) -> None:
    chance = random.Random(7)
    with LedgerProcess(tmp_path / "l") as process:
        process.stop_sequencer()
        build(process, BORDER - 3)
        entries: list[Entry] = []
        with (
            process.home.signer(Disk()) as signer,
            psycopg.connect(process.home.conninfo("sequencer"), autocommit=True) as connection,
        ):
            sequencer = Sequencer(connection, signer, SystemClock())
            assert sequencer.size == BORDER - 3
            # The same reader all along, so that what it keeps between proofs is put to the test.
            kept = process.ledger.checkpoint()
            for step in (1, 1, 1, 1, 252, 1, 600):
                more = [Entry(type="refusal", at=Micros(n)) for n in range(step)]
                process.ledger.append(*more)
                assert sequencer.batch() == step
                entries += more
                for entry in (more[0], more[-1], entries[0], chance.choice(entries)):
                    process.ledger.inclusion(entry.id).verify(entry.encode(), process.key)
                for _ in range(5):
                    number = generated_id(chance.randrange(BORDER - 3))
                    body = process.ledger.entry(number)
                    process.ledger.inclusion(number).verify(body, process.key)
                old, new = process.ledger.proof_from(kept).verify(process.key)
                assert (old.size, new.size) == (BORDER - 3, sequencer.size)
