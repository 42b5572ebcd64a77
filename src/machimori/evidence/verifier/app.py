# SPDX-License-Identifier: AGPL-3.0-or-later
"""The verifier as a program: `verify.py PACKAGE --city FINGERPRINT [--lang ja|en] [--json]`."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from machimori.evidence.verifier import wording
from machimori.evidence.verifier.check import verify
from machimori.evidence.verifier.verdict import Judgement

_EVERY = 0.5
_LARGE = 256 * 1024 * 1024
"""Below this a package is judged before anyone wonders."""

EPILOG = """終了コード / exit codes:
  0  変わっていない・市の署名あり   sound, signed by the given city
 20  変わっていない・市は未確認     sound, origin unproven (no --city)
 21  内容が変わっている             altered
 22  一部がない                     incomplete
 23  読めない                       unreadable
 24  別の鍵で署名されている         signed by another key than --city
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments, shared by the one-file verifier and `machimori evidence verify`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument(
        "package", type=Path, help="証拠のzip、または展開したフォルダー / zip or folder"
    )
    parser.add_argument(
        "--city",
        default="",
        metavar="FINGERPRINT",
        help="市が公表する鍵の指紋 / the fingerprint that the city publishes",
    )
    parser.add_argument("--lang", choices=wording.LANGUAGES, default="ja", help="ja, en")
    parser.add_argument("--json", action="store_true", help="機械が読む形 / for machines")


def run(args: argparse.Namespace) -> int:
    """Verify and print; returns the verdict's exit code."""
    progress = None if args.json or not sys.stderr.isatty() else ProgressLine(args.lang)
    try:
        judgement = verify(args.package, city=args.city, progress=progress)
    except OSError as error:
        judgement = Judgement(city_expected=args.city)
        judgement.add("unreadable", "package_form", str(args.package), error.strerror or "")
    if progress is not None:
        progress.end()
    text = as_json(judgement) if args.json else wording.report(judgement, args.lang)
    sys.stdout.buffer.write(text.encode() + b"\n")
    return judgement.verdict.value


def as_json(judgement: Judgement) -> str:
    """One object: verdict, exit code, findings, counts."""
    return json.dumps(
        {
            "verdict": judgement.verdict.name.lower(),
            "exit_code": judgement.verdict.value,
            "city": judgement.city,
            "stamp": judgement.stamp,
            "existed": [asdict(one) for one in judgement.existed],
            "unanchored": [
                {"camera": camera, "start": start, "end": end}
                for camera, start, end in judgement.unanchored
            ],
            "files": judgement.files,
            "bytes": judgement.size,
            "chunks": judgement.chunks,
            "pictures": judgement.samples,
            "signatures": judgement.signatures,
            "findings": [
                asdict(finding) | {"text": wording.text_of(finding, "en")}
                for finding in judgement.findings
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """The one-file program."""
    parser = argparse.ArgumentParser(
        prog="verify.py",
        description="街守の証拠を検証します（ネットワークは使いません）。 "
        "Verifies a Machimori evidence package, offline.",
    )
    add_arguments(parser)
    return run(parser.parse_args(argv))


class ProgressLine:
    """A line on the terminal that is written over."""

    def __init__(self, language: wording.Language, *, making: bool = False) -> None:
        label = ("作成・検証中", "making and verifying") if making else ("検証中", "verifying")
        self._label = label[wording.LANGUAGES.index(language)]
        self._next = time.monotonic() + _EVERY
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next and total >= _LARGE:
            self._next = now + _EVERY
            self._shown = True
            percent = 100 * done // max(1, total)
            self._write(f"\r{self._label} {percent:3d} %")

    def end(self) -> None:
        """Clear the line."""
        if self._shown:
            self._write("\r" + " " * 40 + "\r")

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
