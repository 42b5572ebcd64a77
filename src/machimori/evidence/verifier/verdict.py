# SPDX-License-Identifier: AGPL-3.0-or-later
"""What verifying found, and the one word and exit code that follow from it."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from machimori.evidence.verifier.statement import Statement
from machimori.kernel.instants import Micros


class Verdict(Enum):
    """The answer, with the exit code that stands for it and for nothing else."""

    SOUND = 0
    """Complete, unchanged, and signed by the city whose fingerprint was given."""
    ORIGIN_UNPROVEN = 20
    """Complete and consistent, but no fingerprint was given: anyone could have made it."""
    ALTERED = 21
    """Something is not as it was signed, or was added."""
    INCOMPLETE = 22
    """What is here is unchanged, but something that belongs to it is missing."""
    UNREADABLE = 23
    """Not an evidence package, or one that cannot be read."""
    OTHER_CITY = 24
    """Complete and consistent, but signed by another key than the fingerprint that was given."""


Severity = Literal["unreadable", "altered", "missing", "note"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is not as it should be (or, as a note, that the reader should know).

    `code` is a key of `wording.TEXTS`, `where` the file or place, `detail` what stands in for
    `{detail}` in the text.
    """

    severity: Severity
    code: str
    where: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Existed:
    """A camera's footage from `start` to `end` existed at `by`, the latest, by its recorder's
    clock: entry `index` of the ledger anchors it."""

    camera: str
    start: Micros
    end: Micros
    by: Micros
    index: int


@dataclass(kw_only=True)
class Judgement:
    """Everything that verifying one package found."""

    findings: list[Finding] = field(default_factory=list)
    statement: Statement | None = None
    city: str = ""
    """Fingerprint of the key that signed the package."""
    city_expected: str = ""
    files: int = 0
    size: int = 0
    samples: int = 0
    """Pictures of the MP4 files that were made again from the original bytes and agreed."""
    chunks: int = 0
    signatures: int = 0
    stamp: str = ""
    """When the time-stamp authority saw the statement, RFC 3339, or ""."""
    existed: list[Existed] = field(default_factory=list)
    """From when on which footage existed, as the anchors show."""
    unanchored: list[tuple[str, Micros, Micros]] = field(default_factory=list)
    """Camera and time of footage that no anchor of the package covers."""

    def add(self, severity: Severity, code: str, where: str = "", detail: str = "") -> None:
        """Note a finding, once."""
        finding = Finding(severity=severity, code=code, where=where, detail=detail)
        if finding not in self.findings:
            self.findings.append(finding)

    def places(self) -> set[str]:
        """Files and places that something is wrong with."""
        return {finding.where for finding in self.findings if finding.severity != "note"}

    @property
    def verdict(self) -> Verdict:
        """The gravest thing found decides."""
        found = {finding.severity for finding in self.findings}
        if "altered" in found:
            return Verdict.ALTERED
        if "unreadable" in found:
            return Verdict.UNREADABLE
        if "missing" in found:
            return Verdict.INCOMPLETE
        if not self.city_expected:
            return Verdict.ORIGIN_UNPROVEN
        return Verdict.SOUND if self.city == self.city_expected else Verdict.OTHER_CITY
