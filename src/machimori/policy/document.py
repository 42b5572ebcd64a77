# SPDX-License-Identifier: AGPL-3.0-or-later
"""The city's own document: what it is, under which rule it stands, and since when."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NewType, cast, get_args

from machimori.policy.errors import PolicyError

ProfileId = NewType("ProfileId", str)
DocumentKind = Literal["leaflet", "agreement", "draft", "outline", "in_force"]

KIND_NAMES: Mapping[DocumentKind, tuple[str, str]] = {
    "leaflet": ("案内", "programme leaflet"),
    "agreement": ("協定の概要", "agreement summary"),
    "draft": ("案", "draft"),
    "outline": ("骨子", "public-comment outline"),
    "in_force": ("施行中", "in force"),
}
"""What a page calls a document of this kind, Japanese and English."""

_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
_TEXTS = ("id", "title", "short", "cited_as", "city", "kind")
_KNOWN = frozenset((*_TEXTS, "parent", "published_on", "versions"))


@dataclass(frozen=True, kw_only=True)
class Version:
    """A day from which the document had effect, and what is known of that version."""

    effective_from: dt.date
    note: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """`short` opens every clause (`堺 10(3)`), `cited_as` is how a sentence names the document.

    `parent` is the title of the rule above it, empty if there is none. `versions` are in order of
    effect; the profile holds the text of the last one.
    """

    id: ProfileId
    title: str
    short: str
    cited_as: str
    city: str
    kind: DocumentKind
    parent: str = ""
    published_on: dt.date | None = None
    versions: tuple[Version, ...] = ()

    def cite(self, clause: str) -> str:
        """`堺 10(3)` as a sentence says it, `堺市の要領10(3)`; any other clause as it is."""
        mark = f"{self.short} "
        return self.cited_as + clause.removeprefix(mark) if clause.startswith(mark) else clause


def read_document(raw: object) -> Document:
    """The table `document` of a profile.

    Raises PolicyError naming the key.
    """
    table = _table(raw, "document", _KNOWN)
    texts = {name: _text(table.get(name), f"document.{name}") for name in _TEXTS}
    if not _ID.fullmatch(texts["id"]):
        raise PolicyError(
            "an id is small letters, digits and hyphens, at most 40", where="document.id"
        )
    if texts["kind"] not in get_args(DocumentKind):
        raise PolicyError(
            "expected one of " + ", ".join(get_args(DocumentKind)), where="document.kind"
        )
    if " " in texts["short"]:
        raise PolicyError("a short name has no space", where="document.short")
    published = table.get("published_on")
    return Document(
        id=ProfileId(texts["id"]),
        title=texts["title"],
        short=texts["short"],
        cited_as=texts["cited_as"],
        city=texts["city"],
        kind=cast(DocumentKind, texts["kind"]),
        parent=_text(table["parent"], "document.parent") if "parent" in table else "",
        published_on=None if published is None else _day(published, "document.published_on"),
        versions=_versions(table.get("versions", [])),
    )


def _versions(raw: object) -> tuple[Version, ...]:
    if not isinstance(raw, list):
        raise PolicyError("expected [[document.versions]]", where="document.versions")
    versions = []
    for index, row in enumerate(raw):
        where = f"document.versions[{index}]"
        table = _table(row, where, frozenset(("effective_from", "note")))
        versions.append(
            Version(
                effective_from=_day(table.get("effective_from"), f"{where}.effective_from"),
                note=_text(table.get("note"), f"{where}.note"),
            )
        )
    days = [version.effective_from for version in versions]
    if days != sorted(set(days)):
        raise PolicyError("versions go up by day of effect", where="document.versions")
    return tuple(versions)


def _table(raw: object, where: str, known: frozenset[str]) -> Mapping[str, object]:
    if not isinstance(raw, dict):
        raise PolicyError("expected a table", where=where, remedy="see docs/ref/profile.md")
    if unknown := sorted(set(raw) - known):
        raise PolicyError(
            "no such key",
            where=f"{where}.{unknown[0]}",
            remedy="one of " + ", ".join(sorted(known)),
        )
    return raw


def _text(raw: object, where: str) -> str:
    if not isinstance(raw, str) or not 0 < len(raw) <= 500:
        raise PolicyError("expected a text of 1 to 500 characters", where=where)
    return raw


def _day(raw: object, where: str) -> dt.date:
    if not isinstance(raw, dt.date) or isinstance(raw, dt.datetime):
        raise PolicyError("expected a date as 2026-04-01", where=where)
    return raw
