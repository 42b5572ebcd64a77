# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the papers of a case are filled in with, from its facts: days, parties, ranges, words."""

import datetime as dt
from collections.abc import Mapping

from machimori.kernel.instants import local_day, micros
from machimori.office.cameras.access import cameras
from machimori.office.cameras.models import Description
from machimori.office.paper.fields import FootageRange, Party
from machimori.office.paper.forms.ending import Answered
from machimori.office.paper.forms.request import HANDLING
from machimori.office.people.models import Scheme
from machimori.office.provision import circulating, elsewhere
from machimori.office.provision.application import USES
from machimori.office.provision.drafting import Extent, extent_of
from machimori.office.provision.ending import valid_until
from machimori.office.provision.forms import named
from machimori.office.provision.history import File
from machimori.office.provision.models import Fact
from machimori.policy.questions import catalogue
from machimori.policy.wareki import CaseNumber, parse_case_number, wareki, wareki_minute
from machimori.policy.wording import post_name
from machimori.vault.client.statements import Authorisation


def requested(file: File) -> dt.date:
    """The day of the application."""
    fact = file.latest("taken_in", "consulted")
    assert fact is not None
    return local_day(micros(fact.at))


def numbered(file: File) -> CaseNumber | None:
    """The case's number; None while it has none."""
    return parse_case_number(file.number) if file.number else None


def party(file: File) -> Party:
    """Who applies."""
    said = file.application
    return Party(body=said.body, name=said.name, address=said.address, contact=said.contact)


def ground(file: File) -> str:
    """The ground in words."""
    return named(file.ground) if file.ground else ""


def document(file: File) -> str:
    """The document that came, or that it is awaited."""
    said = file.application
    if file.document_awaited:
        return "原本待ち"
    kind = words("grounds.*.documents", (said.document,)) if said.document else ()
    return "　".join((*kind, said.document_number)).strip()


def handling(file: File) -> tuple[str, ...]:
    """What is asked for, as forms name it."""
    return tuple(HANDLING[USES.index(name)] for name in file.application.uses)


def conditions(file: File) -> tuple[str, ...]:
    """The conditions, with the day by which copies come back among them."""
    by = file.return_by
    if by is None:
        return file.conditions
    return (*file.conditions, f"{wareki(by)}までに返却または消去すること。")


def until(file: File) -> dt.date | None:
    """The last day of the approval, or of what its draft proposes."""
    end = valid_until(file)
    return local_day(micros(end)) if end else None


def decided_elsewhere(file: File) -> str | None:
    """What the city decided in its document system."""
    said = elsewhere.of(file)
    return said.line if said else None


def answers(file: File) -> tuple[Answered, ...]:
    """The round, and under it who has signed; nothing where drafts do not go round."""
    stops = circulating.stops(file)
    said = [(f"回議　{post_name(file.rules, one.post)[0]}", one.agreed) for one in stops]
    said += [("代決" if one.kind == "deputised" else "決裁", one) for one in file.signatures]
    return tuple(_answered(place, fact) for place, fact in said) if stops else ()


def _answered(place: str, fact: Fact | None) -> Answered:
    if fact is None:
        return Answered(place=place)
    name, day = fact.by.name if fact.by else "", local_day(micros(fact.at))
    return Answered(place=place, name=name, day=day, note=fact.data.get("note", ""))


def searched(file: File) -> str:
    """The interval that was asked for, in words."""
    said = file.application
    if said.start is None or said.end is None:
        return ""
    return f"{wareki_minute(said.start)}から{wareki_minute(said.end)}まで"


def asked(file: File) -> tuple[FootageRange, ...]:
    """What was asked for."""
    said = file.application
    if said.start is None or said.end is None:
        return ()
    return ranges(file, Extent(cameras=said.cameras, start=said.start, end=said.end))


def granted(file: File) -> tuple[FootageRange, ...]:
    """What was approved, or is before the signers."""
    if file.statement is None:
        return ()
    return ranges(file, extent_of(Authorisation.decode(file.statement)))


def ranges(file: File, extent: Extent) -> tuple[FootageRange, ...]:
    """An extent as papers print it: a line for each camera."""
    return _lines(extent, file.described(extent.cameras))


def ranges_in(scheme: Scheme, extent: Extent) -> tuple[FootageRange, ...]:
    """The same for what is no case of provision; one query."""
    rows = cameras(scheme).filter(camera__in=extent.cameras)
    return _lines(extent, {row.camera_id: row for row in rows})


def _lines(extent: Extent, known: Mapping[str, Description]) -> tuple[FootageRange, ...]:
    return tuple(
        FootageRange(
            camera=known[name].name if name in known else name,
            place=known[name].place if name in known else "",
            start=extent.start,
            end=extent.end,
        )
        for name in extent.cameras
    )


def words(pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """These choices of a question of the catalogue, in Japanese."""
    return tuple(one.ja for one in catalogue().questions[pattern].choices if one.id in names)
