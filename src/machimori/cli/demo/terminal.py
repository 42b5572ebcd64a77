# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori demo --story`: the story of one request for footage, told in a terminal.

Six simulated cameras are recorded for a minute; then the story is walked, a line a step; then the
city records on until Ctrl-C.
"""

import argparse
import shutil
import signal
from pathlib import Path

from machimori.cli.demo.city import City
from machimori.cli.demo.screen import Screen
from machimori.cli.demo.story import Story
from machimori.kernel.clock import SystemClock
from machimori.kernel.errors import UsageError
from machimori.kernel.instants import Micros

DAYS_AGO = 8
"""The city begins eight days ago: one more than it keeps footage."""
SECOND = 1_000_000


def run(args: argparse.Namespace) -> int:
    """Walk the story once. Raises StoryError if a step does not end as it must."""
    if args.cameras < 1 or args.seconds < _LEAST:
        raise UsageError(f"the story needs a camera and {_LEAST} seconds of it")
    args.directory = args.directory or Path("story")
    for directory in (args.directory, args.out):
        # Both are the demo's own, made anew each time; nothing else may lie there.
        if directory.exists() and not (directory / _MARK).exists():
            raise UsageError(
                "this directory is not the demo's", where=str(directory), remedy="name another one"
            )
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        (directory / _MARK).touch()
    screen = Screen(japanese=args.lang == "ja")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    screen.say(
        "街守：小さな市を始めます（台帳、保管庫、録画装置、模擬カメラ）。市の時計は8日前に合わせてあります",
        "Machimori: starting a small city (ledger, vault, recorder, cameras), eight days ago",
    )
    with City(args.directory.absolute(), cameras=args.cameras, days_ago=DAYS_AGO) as city:
        screen.say(
            f"{args.seconds}秒間、録画します。そのあと一件の申請を最初から最後までたどります",
            f"Recording for {args.seconds} seconds; then one request is walked from end to end",
        )
        wait_for_pictures(city)
        begun = city.clock.now()
        watch(city, screen, args.seconds)
        close_segments(city)
        start = Micros(begun + 5 * SECOND)
        end = Micros(begun + (args.seconds - 5) * SECOND)
        told = Story(city, screen, args.out.absolute()).tell(start, end)
        screen.say(
            f"証拠一式は {args.out}/{told.package.name} にあります。確かめるには：\n"
            f"    python3 -I {args.out}/{told.verifier.name} {args.out}/{told.package.name}"
            f" --city {told.fingerprint}",
            f"The package is {args.out}/{told.package.name}. To verify it:\n"
            f"    python3 -I {args.out}/{told.verifier.name} {args.out}/{told.package.name}"
            f" --city {told.fingerprint}",
        )
        entries = city.write_entries()
        screen.say(
            f"台帳に書かれたことは {args.directory}/{entries.name} で読めます",
            f"What the ledger holds can be read in {args.directory}/{entries.name}",
        )
        if not args.once:
            city.start_recorder()
            screen.say("録画を続けます。Ctrl-C で終わります", "Recording on; Ctrl-C ends it")
            watch(city, screen, None)
    return 0


def watch(city: City, screen: Screen, seconds: float | None) -> None:
    """Show the cameras for some seconds, or until Ctrl-C."""
    clock = SystemClock()
    begun = clock.monotonic()
    try:
        while seconds is None or clock.monotonic() - begun < seconds:
            screen.table(city.health(), elapsed=clock.monotonic())
            clock.sleep(1.0)
    except KeyboardInterrupt:
        if seconds is not None:
            raise


def wait_for_pictures(city: City) -> None:
    """Until something of every camera is recorded."""
    clock = SystemClock()
    while min(camera["bytes"] for camera in city.health()["cameras"].values()) == 0:
        clock.sleep(0.2)


def close_segments(city: City) -> None:
    """Only what is signed is handed out, and a segment is signed when it ends: after a minute, or
    here with the recorder."""
    city.stop_recorder()
    city.start_recorder()


_MARK = ".machimori-demo"
_LEAST = 15
"""Seconds of recording: five at either end are not asked for."""
