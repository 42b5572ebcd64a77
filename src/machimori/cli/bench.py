# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori bench`: the figures the project publishes, from a command anyone can run.

Nothing here judges a test run: timing on a shared machine is for reading, not for passing.
"""

import argparse
import sys

from machimori.cli import bench_office
from machimori.simcity.bench import cameras, evidence, expire, ledger, record
from machimori.simcity.bench.figures import Figure, as_json, as_table


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `bench` and its subjects."""
    parser = subparsers.add_parser("bench", help="measure, side by side with a peer")
    subjects = parser.add_subparsers(title="subjects", required=True, metavar="SUBJECT")

    recording = _subject(subjects, "record", "CPU and memory per camera against ffmpeg and a floor")
    recording.add_argument("--cameras", type=int, default=300, help="cameras at once (300)")
    recording.add_argument(
        "--capacity", action="store_true", help="how many cameras one core records over veth (root)"
    )
    recording.set_defaults(
        figures=lambda chosen: record.run(
            cameras=chosen.cameras, capacity=chosen.capacity, quick=chosen.quick
        )
    )
    for name, module, what in (
        ("evidence", evidence, "ten minutes to a verified package; first picture"),
        ("expire", expire, "a day of 1,000 cameras: keys gone"),
        ("ledger", ledger, "appending, bulk loading, a proof out of ten million entries"),
        ("simcity", cameras, "how many cameras one core of the simulated city feeds"),
        ("office", bench_office, "every page over 1,000 cameras, 100,000 cases, 5 million entries"),
    ):
        _subject(subjects, name, what).set_defaults(
            figures=lambda chosen, module=module: module.run(quick=chosen.quick)
        )


def _subject(
    subjects: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str
) -> argparse.ArgumentParser:
    parser = subjects.add_parser(name, help=what, description=what)
    parser.add_argument("--json", action="store_true", help="one object, for machines")
    parser.add_argument("--quick", action="store_true", help="small and short: does it run at all")
    parser.set_defaults(run=run)
    return parser


def run(chosen: argparse.Namespace) -> int:
    """Measure one subject and print its figures."""
    figures: list[Figure] = chosen.figures(chosen)
    sys.stdout.write((as_json if chosen.json else as_table)(figures) + "\n")
    return 0
