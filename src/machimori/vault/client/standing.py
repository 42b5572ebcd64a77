# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the vault believes now: officers, their deputies, rules, cameras' classes, recorders,
agreements, what may be watched live, and holds.

No secret is in it, and no name of a person. Whoever asks compares it with what an office holds.
"""

from dataclasses import dataclass
from typing import TypeVar

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CaseId, SchemeId, check_name
from machimori.kernel.instants import parse_day
from machimori.vault.client.signers import read_names
from machimori.vault.client.statements import (
    Agreement,
    Appointment,
    CameraClass,
    Delegation,
    LiveView,
    RecorderEnrolment,
    Rules,
    Statement,
)
from machimori.vault.errors import VaultMalformedError

_LISTS = (
    *("agreements", "appointments", "cameras", "delegations"),
    *("holds", "live_views", "recorders", "rules"),
)
_Kind = TypeVar("_Kind", bound=Statement)


@dataclass(frozen=True, kw_only=True)
class HeldCase:
    """A case whose keys the vault keeps beyond retention."""

    case: CaseId
    scheme: SchemeId
    ground: str
    last_day: str
    segments: int

    def to_json(self) -> Json:
        return {
            "case": self.case,
            "ground": self.ground,
            "last_day": self.last_day,
            "scheme": self.scheme,
            "segments": self.segments,
        }

    @classmethod
    def from_json(cls, item: Json) -> "HeldCase":
        """Raises MalformedError."""
        source = _object(item, {"case", "ground", "last_day", "scheme", "segments"})
        last_day = canonical.field(source, "last_day", str)
        parse_day(last_day)
        return cls(
            case=CaseId(check_name(canonical.field(source, "case", str), what="case")),
            scheme=SchemeId(check_name(canonical.field(source, "scheme", str), what="scheme")),
            ground=canonical.field(source, "ground", str),
            last_day=last_day,
            segments=canonical.field(item, "segments", int),
        )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The statements that count, as they were signed, and what the charter asks for."""

    quorum: int
    """Officers who must sign appointments, revocations, rules, classes and enrolments."""
    posts: tuple[str, ...]
    """Posts that these officers hold."""
    appointments: tuple[Appointment, ...]
    """Of officers who were not revoked, in the order in which they were taken in."""
    delegations: tuple[Delegation, ...]
    rules: tuple[Rules, ...]
    """Every version, the oldest of a scheme first."""
    cameras: tuple[CameraClass, ...]
    """Of each camera the last."""
    recorders: tuple[RecorderEnrolment, ...]
    """Of each recorder the last."""
    agreements: tuple[Agreement, ...]
    """Of each scheme and ground the last, also when it is over."""
    live_views: tuple[LiveView, ...]
    """Of each scheme the last, also when it is over."""
    holds: tuple[HeldCase, ...]

    def to_json(self) -> dict[str, Json]:
        return {
            "agreements": _payloads(self.agreements),
            "appointments": _payloads(self.appointments),
            "cameras": _payloads(self.cameras),
            "delegations": _payloads(self.delegations),
            "holds": [one.to_json() for one in self.holds],
            "live_views": _payloads(self.live_views),
            "posts": list(self.posts),
            "quorum": self.quorum,
            "recorders": _payloads(self.recorders),
            "rules": _payloads(self.rules),
        }

    @classmethod
    def from_json(cls, source: Json) -> "Standing":
        """Raises MalformedError."""
        source = _object(source, {*_LISTS, "posts", "quorum"})
        return cls(
            quorum=canonical.field(source, "quorum", int),
            posts=read_names(canonical.field(source, "posts", list), "posts"),
            appointments=_statements(Appointment, source, "appointments"),
            delegations=_statements(Delegation, source, "delegations"),
            rules=_statements(Rules, source, "rules"),
            cameras=_statements(CameraClass, source, "cameras"),
            recorders=_statements(RecorderEnrolment, source, "recorders"),
            agreements=_statements(Agreement, source, "agreements"),
            live_views=_statements(LiveView, source, "live_views"),
            holds=tuple(map(HeldCase.from_json, canonical.field(source, "holds", list))),
        )


def _object(item: Json, members: set[str]) -> dict[str, Json]:
    if not isinstance(item, dict) or set(item) != members:
        raise VaultMalformedError("not what the vault tells of itself", where=", ".join(members))
    return item


def _payloads(statements: tuple[Statement, ...]) -> list[Json]:
    return [one.envelope().statement() for one in statements]


def _statements(kind: type[_Kind], source: dict[str, Json], name: str) -> tuple[_Kind, ...]:
    found = canonical.field(source, name, list)
    if not all(isinstance(item, dict) for item in found):
        raise VaultMalformedError("a statement is an object", where=name)
    return tuple(kind.decode(Envelope.of(kind.payload_type(), item)) for item in found)
