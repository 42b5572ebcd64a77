# SPDX-License-Identifier: AGPL-3.0-or-later
"""`day_keys_s`: how long it takes until a day of 1,000 cameras can never be opened again.

The vault's own process, asked through its socket, two places, every fsync in. A sample is five
punctures (officer-signed early destructions of one camera each) and then the expiry of the day:
statements verified, intents and results recorded in three copies of the log, epoch objects
overwritten, unlinked and their directories synced.
"""

import tempfile
import time
from pathlib import Path

from machimori.kernel.ids import CameraId, SchemeId
from machimori.kernel.instants import Micros, day_start, local_day, parse_day
from machimori.kernel.signing import SigningKey
from machimori.ledger.testing import MemoryLedger
from machimori.policy.retention import RetentionRule
from machimori.simcity.bench.figures import Figure
from machimori.vault.client.statements import EarlyDestruction
from machimori.vault.client.testing import DAY, VaultProcess, nonce, signed

PUNCTURES = 5
_NOON = DAY // 2


def run(*, quick: bool = False) -> list[Figure]:
    """Measure five days of 1,000 cameras; `quick` takes one of 20."""
    cameras, runs = (20, 1) if quick else (1000, 5)
    with tempfile.TemporaryDirectory(prefix="machimori-expire-") as name:
        return [
            Figure(
                name="day_keys_s",
                unit="s",
                better="less",
                samples=tuple(_samples(Path(name), cameras, runs)),
                must=0.1,
                aim=0.03,
            )
        ]


def _samples(directory: Path, cameras: int, runs: int) -> list[float]:
    names = [f"cam-{number:04}" for number in range(1, cameras + 1)]
    start = day_start(parse_day("2026-11-02"))
    samples = []
    with VaultProcess(
        directory, ledger_key=MemoryLedger().key.vkey(), now=Micros(start + _NOON)
    ) as vault:
        vault.adopt(
            scheme="bench",
            retention={"one-day": RetentionRule(days=1, count_from="recording_day")},
            cameras=dict.fromkeys(names, "one-day"),
            recorders={"recorder-1": SigningKey.generate().public.raw},
            days=runs,
        )
        for run_number in range(runs):
            today = Micros(start + run_number * DAY + _NOON)
            vault.set_clock(today)
            vault.client.expire()
            orders = [
                signed(
                    EarlyDestruction(
                        camera=CameraId(camera),
                        day=local_day(today).isoformat(),
                        scheme=SchemeId("bench"),
                        ground="benchmark",
                        nonce=nonce(),
                    ),
                    *vault.officers[:2],
                )
                for camera in names[:PUNCTURES]
            ]
            begun = time.perf_counter()
            for order in orders:
                vault.client.submit(order)
            vault.set_clock(Micros(start + (run_number + 1) * DAY + 60_000_000))
            done = vault.client.expire()
            samples.append(time.perf_counter() - begun)
            assert [d.kept for d in done] == [()]
    return samples
