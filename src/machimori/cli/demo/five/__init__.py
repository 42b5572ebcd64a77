# SPDX-License-Identifier: AGPL-3.0-or-later
"""The five schemes at one local address: made once (`making`), then run like any installation."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from machimori.cli.demo.five import waiting
from machimori.cli.demo.five.places import Places
from machimori.cli.demo.five.running import Installation
from machimori.cli.demo.five.telling import say, welcome
from machimori.kernel.clock import SystemClock
from machimori.kernel.errors import UnavailableError, UsageError
from machimori.office.sample.towns import TOWNS

NAMES: Final = tuple(town.id for town in TOWNS)
_SOCKET: Final = 100
"""Characters that the path of a socket may have at most."""


def run(directory: Path, *, port: int, fresh: bool, towns: Sequence[str]) -> int:
    """Make the city if there is none, run it until SIGTERM or Ctrl-C, also where a shell had that
    ignored.

    Raises UsageError if the directory holds something else or a demo that runs, or the port is
    taken.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    places = Places(directory=directory.resolve())
    if len(os.fsencode(places.socket)) > _SOCKET:
        raise UsageError("this path is too long for a socket", where=str(places.socket))
    began = SystemClock().monotonic()
    try:
        with places.held():
            if fresh or not places.made:
                with waiting.page(port) as tell:
                    _make(places, port, towns, tell)
            with Installation(places) as running:
                running.await_ready()
                running.await_vault()
                welcome(running.origin, running.towns, seconds=SystemClock().monotonic() - began)
                return running.wait()
    except KeyboardInterrupt:
        say(
            "終わりました。もう一度 make run とすると、同じ市の続きから始まります。",
            "Ended. Another `make run` goes on with the same city.",
        )
        return 0


def _make(
    places: Places, port: int, towns: Sequence[str], tell: Callable[[str, str], None]
) -> None:
    """Make the city, in a process of its own whose lines are the progress."""
    places.begin()
    say(
        "街守のデモを用意しています。1、2分かかります。\n"
        f"  ブラウザーで開いておけます： http://localhost:{port}",
        "Preparing the demo of Machimori: a minute or two. The address can be opened now.",
    )
    command = [sys.executable, "-m", "machimori.cli.demo.five.making"]
    words = [str(places.directory), str(port), *(name for name in NAMES if name in towns)]
    with (places.directory / "making.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            japanese, _, english = line.rstrip("\n").partition("\t")
            say(f"  {japanese}", f"  {english}")
            tell(japanese, english)
        status = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if status:
        raise UnavailableError(
            "the demo could not be made",
            where=str(places.directory / "making.log"),
            remedy="its last lines say why; `--fresh` begins again",
        )
