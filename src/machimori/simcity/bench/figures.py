# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures of a benchmark: samples taken in turns with a peer, their median and spread.

A single run on a shared machine says little; two things measured in the same minute say how they
compare. So a comparison is a list of pairs, and what is published is the median of the pairs'
ratios with the least and the greatest.
"""

import json
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured quantity. `samples` are its single runs, in the order taken."""

    name: str
    unit: str
    better: Literal["less", "more"]
    samples: tuple[float, ...]
    must: float | None = None
    """The least the project asks of itself; None where a figure is stated without a bound."""
    aim: float | None = None

    @property
    def median(self) -> float:
        """The figure that is quoted."""
        return statistics.median(self.samples)

    def verdict(self) -> str:
        """`aim`, `must`, `missed`, or `stated` for a figure without a bound."""
        for bound, word in ((self.aim, "aim"), (self.must, "must")):
            if bound is not None and (
                self.median <= bound if self.better == "less" else self.median >= bound
            ):
                return word
        return "stated" if self.must is None else "missed"


def ratios(ours: Sequence[float], peers: Sequence[float]) -> tuple[float, ...]:
    """Ours over the peer's, pair by pair; both sequences are in the order measured."""
    return tuple(our / peer for our, peer in zip(ours, peers, strict=True))


def as_table(figures: Iterable[Figure]) -> str:
    """For people."""
    rows = [("figure", "median", "least", "most", "runs", "must", "aim", "reached")]
    rows += [
        (
            figure.name,
            f"{figure.median:.4g} {figure.unit}".strip(),
            f"{min(figure.samples):.4g}",
            f"{max(figure.samples):.4g}",
            str(len(figure.samples)),
            "" if figure.must is None else f"{figure.must:g}",
            "" if figure.aim is None else f"{figure.aim:g}",
            figure.verdict(),
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def as_json(figures: Iterable[Figure]) -> str:
    """For machines: one object, a member per figure, `_machine` beside them."""
    members: dict[str, object] = {
        figure.name: {
            "median": figure.median,
            "least": min(figure.samples),
            "most": max(figure.samples),
            "runs": len(figure.samples),
            "unit": figure.unit,
            "must": figure.must,
            "aim": figure.aim,
        }
        for figure in figures
    }
    members["_machine"] = {"system": platform.platform(), "python": platform.python_version()}
    return json.dumps(members, indent=1, sort_keys=True)
