# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the demo shows: a table of the cameras that renews itself, and the story's lines.

On a terminal the table is rewritten in place; elsewhere (a log, a pipe) it is printed now and then.
"""

import shutil
import sys
import unicodedata
from collections.abc import Mapping
from typing import Any, TextIO

CALM = 10.0
"""Seconds between two tables where they cannot be rewritten."""


def width(text: str) -> int:
    """Columns of a terminal that `text` takes: Japanese letters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def padded(text: str, columns: int) -> str:
    """`text` with spaces up to `columns`."""
    return text + " " * max(0, columns - width(text))


class Screen:
    """Writes to `out`; `japanese` chooses the language of what is said twice."""

    def __init__(self, out: TextIO = sys.stdout, *, japanese: bool = True) -> None:
        self._out = out
        self._japanese = japanese
        self._drawn = 0
        self._last_table = -CALM

    def word(self, japanese: str, english: str) -> str:
        """The wording in the chosen language."""
        return japanese if self._japanese else english

    def say(self, japanese: str, english: str) -> None:
        """One line of the story."""
        self._drawn = 0
        self._write(self.word(japanese, english) + "\n")

    def table(self, health: Mapping[str, Any], *, elapsed: float) -> None:
        """The cameras as the recorder sees them."""
        if not self._out.isatty():
            if elapsed - self._last_table < CALM:
                return
            self._last_table = elapsed
        elif self._drawn:
            self._write(f"\x1b[{self._drawn}F\x1b[J")
        lines = self._lines(health)
        columns = shutil.get_terminal_size().columns
        self._write("".join(f"{line[:columns]}\n" for line in lines))
        self._drawn = len(lines)

    def _lines(self, health: Mapping[str, Any]) -> list[str]:
        head = (
            self.word("カメラ", "camera"),
            self.word("状態", "state"),
            self.word("速度", "bit rate"),
            self.word("受信", "received"),
            self.word("欠落パケット", "packets lost"),
            self.word("封をした区間", "segments sealed"),
        )
        rows = [head]
        for name, camera in health["cameras"].items():
            gap = camera["gap"]
            rows.append(
                (
                    name,
                    self.word("録画中", "recording") if camera["up"] else f"– {gap['cause']}",
                    f"{camera['bits_per_second'] / 1e6:.2f} Mbit/s",
                    f"{camera['bytes'] / 1e6:.1f} MB",
                    str(camera["lost_packets"]),
                    str(camera["segments"]),
                )
            )
        widths = [max(width(row[column]) for row in rows) for column in range(len(head))]
        return [
            "  " + "  ".join(padded(cell, size) for cell, size in zip(row, widths, strict=True))
            for row in rows
        ]

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
