# SPDX-License-Identifier: AGPL-3.0-or-later
"""One thing in which office and vault differ, and which apps look for such things."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from machimori.kernel.envelope import Envelope
from machimori.office.people.acting import Acting
from machimori.office.people.models import Appointment as Row
from machimori.office.people.models import Person
from machimori.vault.client.standing import Standing
from machimori.vault.client.statements import Statement


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing in which office and vault differ. `make` is the statement that ends it."""

    kind: str
    """Of statement."""
    about: str
    text: str
    """In plain words."""
    make: Callable[[], Statement] | None = None
    signed: Envelope | None = None
    """The statement, if it was signed already on another page."""
    signer: Person | None = None
    """Who signed it."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What an app above this one wants the vault to know (`direct`: agreements)."""

    find: Callable[[Standing, Acting], Iterator[Difference]]
    posts: Callable[[Sequence[Row], Acting], Mapping[int, str]] = lambda _rows, _acting: {}
    """By an appointment's row, the post that its holder has at the vault beside the office's."""


_sources: Final[dict[str, Source]] = {}


def register(key: str, source: Source) -> None:
    """Ask this source too from now on."""
    _sources[key] = source


def sources() -> Iterable[Source]:
    """All of them, in the order of their registration."""
    return _sources.values()
