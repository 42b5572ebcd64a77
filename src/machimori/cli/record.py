# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori record`: run a recorder, show its public key, or confirm its clock after a jump."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros, parse_rfc3339, rfc3339
from machimori.recorder import confirming
from machimori.recorder.config import RecorderConfig
from machimori.recorder.directory import load_key
from machimori.recorder.errors import RecorderError
from machimori.recorder.memory import set_aside
from machimori.recorder.node import Node


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "record",
        help="record cameras into sealed segments",
        description="Record every camera of the configuration file until SIGTERM or Ctrl-C.",
    )
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="TOML file")
    parser.add_argument(
        "--public-key",
        action="store_true",
        help="print the recorder's public key for its enrolment (made at the first call) and end",
    )
    parser.add_argument(
        "--confirm-time",
        type=_time,
        metavar="TIME",
        help="after a jump of the clock: state the time by a watch that you trust (with a zone, as "
        "2026-11-21T22:00+09:00); if the clock agrees with it to five minutes, the recorder that "
        "runs goes by its clock again",
    )
    parser.set_defaults(run=run)


def _time(text: str) -> Micros:
    try:
        return parse_rfc3339(text)
    except MalformedError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run(args: argparse.Namespace) -> int:
    """Record until told to end. Raises UsageError, RecorderError."""
    config = RecorderConfig.load(args.config)
    if args.confirm_time is not None:
        before, now = confirming.ask(
            config.directory, args.confirm_time, clock=SystemClock(), disk=Disk()
        )
        print(f"confirmed: the recorder went by {rfc3339(before)} and now goes by {rfc3339(now)}")
        return 0
    if args.public_key:
        disk = Disk()
        disk.make_directory(config.directory)
        print(load_key(config.directory / "recorder.key", disk).public.raw.hex())
        return 0
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    node = Node(config)
    node.start()
    set_aside()
    listening = f", health on 127.0.0.1:{node.port}" if node.port else ""
    print(f"recording {len(node.lanes)} cameras{listening}", flush=True)
    while not node.failed and not ended.wait(0.5):
        pass
    node.stop()
    if node.failed:
        raise RecorderError(f"{node.failed} ended unexpectedly", remedy="start the recorder again")
    return 0
