# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registers on paper, filled in from the lines. What is printed is Japanese."""

from collections.abc import Mapping, Sequence

from machimori.kernel.instants import TOKYO
from machimori.office.oversight import months
from machimori.office.oversight.check_form import LedgerCheck
from machimori.office.oversight.history import File
from machimori.office.oversight.lines import Lines
from machimori.office.oversight.statements import Saving, Statement
from machimori.office.oversight.uses import ACTS, Use
from machimori.office.paper.fields import FootageRange
from machimori.office.paper.forms.registers import ExtractionHistory, UsageRegister
from machimori.office.paper.forms.registers import Saving as PrintedSaving
from machimori.office.paper.forms.registers import Use as PrintedUse

_DIGITS = 16
"""Of a fingerprint, in the narrow column; the whole one is in the list and the file."""


def register_paper(lines: Lines, period: str) -> UsageRegister:
    """利用簿 of a period."""
    return UsageRegister(period=period, uses=tuple(_printed(use, lines) for use in lines.uses))


def _printed(use: Use, lines: Lines) -> PrintedUse:
    correction = lines.correction_of(use)
    return PrintedUse(
        number=use.number,
        at=use.at.astimezone(TOKYO),
        operator="\n".join(filter(None, (use.by, lines.posts_of(use)))),
        act=str(ACTS[use.act]),
        instruction=use.said,
        ranges=tuple(
            FootageRange(camera=lines.names.get(name, name), place="", start=use.start, end=use.end)
            for name in use.cameras
            if use.start is not None and use.end is not None
        ),
        purpose=use.purpose,
        recipient="\n".join(filter(None, (use.recipient, use.identity))),
        reason="\n".join(filter(None, (use.reason, use.ground))),
        medium=use.medium,
        digest=use.digest[:_DIGITS],
        check="\n".join(filter(None, (use.more, f"訂正：{correction}" if correction else ""))),
        receipt=None,
        erased=None,
    )


def statement_paper(
    statement: Statement, listed: Sequence[Saving], names: Mapping[str, str]
) -> ExtractionHistory:
    """保存履歴 of a month; a line for each camera of a saving."""
    return ExtractionHistory(
        month=months.named(statement.month),
        station=statement.terminal.lent_to,
        terminal=statement.terminal.number,
        serial=statement.terminal.serial,
        savings=tuple(
            PrintedSaving(
                saved=one.saved.at.astimezone(TOKYO),
                operator=one.saved.by.name,
                range=FootageRange(
                    camera=names.get(camera, camera),
                    place="",
                    start=one.extraction.extent.start.astimezone(TOKYO),
                    end=one.extraction.extent.end.astimezone(TOKYO),
                ),
                digest=one.digest,
                request=one.document,
                kept_until=None if one.erased else one.until,
            )
            for one in listed
            for camera in one.extraction.extent.cameras
        ),
        nil=not listed,
    )


def check_paper(file: File) -> LedgerCheck:
    """The result of a verification."""
    done = file.latest("check_done")
    assert done is not None
    begun = file.facts[0]
    return LedgerCheck(
        at=done.at.astimezone(TOKYO),
        by=begun.by.name if begun.by else "",
        size=done.data["size"],
        signed=done.data["signed"],
        checkpoints=done.data["checkpoints"],
        root=done.data["root"],
        problems=tuple(done.data["problems"]),
    )
