# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see which extractions: the police those of their own station, the city all."""

from functools import cache
from typing import Any, Final

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _t

from machimori.office.people.acting import Acting, current
from machimori.office.people.history import asking_facts, with_facts
from machimori.office.people.models import Appointment, Person
from machimori.office.police.history import File, file_of, files_of
from machimori.office.police.models import Extraction, Fact, Posting
from machimori.office.police.states import OPEN
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import Post
from machimori.office.shared.prepared import Among, Given, Statement

POLICE: Final[tuple[Post, ...]] = ("police_image_manager", "police_operator")
CITY: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor", "auditor")
READERS: Final[tuple[Post, ...]] = (*CITY, *POLICE)
MOST: Final = 90
"""Extractions that the first page looks at; the others are in the list."""


def station_of(person: Person, acting: Acting) -> str:
    """The station at which the person serves under this scheme; empty if nobody has said."""
    rows = Posting.objects.filter(scheme=acting.scheme, person=person).order_by("-pk")
    found = rows.first()
    return found.station if found else ""


def postings(acting: Acting) -> dict[int, Posting]:
    """Where everybody serves under this scheme, by the person's row; one query."""
    rows = Posting.objects.filter(scheme=acting.scheme).order_by("person", "-pk")
    return {one.person_id: one for one in rows.distinct("person")}


def own_station(acting: Acting) -> str:
    """The acting person's station. Raises ActionRefusedError if they have none."""
    found = station_of(acting.person, acting)
    if not found:
        raise ActionRefusedError(
            _t("所属の警察署が登録されていません"),
            Reason(text=_t("市の管理責任者に、所属の登録を頼んでください。")),
        )
    return found


def stations(acting: Acting) -> list[str]:
    """The stations that have or had people here; the police see their own alone, which is fetched
    once a request."""
    if not acting.holds(*CITY):
        if "police.station" not in acting.memo:
            acting.memo["police.station"] = station_of(acting.person, acting)
        found: str = acting.memo["police.station"]
        return [found] if found else []
    rows = Posting.objects.filter(scheme=acting.scheme).values_list("station", flat=True)
    return sorted(set(rows))


def extractions(acting: Acting) -> QuerySet[Extraction]:
    """Every extraction that the acting person may see, the newest first."""
    found = _extractions(acting.scheme)
    return found if acting.holds(*CITY) else found.filter(station__in=stations(acting))


def open_files(acting: Acting) -> list[File]:
    """Those that are not over, with their facts, the newest first."""
    return files_of(list(extractions(acting).filter(head__state__in=OPEN)))


def waiting(acting: Acting) -> list[File]:
    """The oldest of them, as many as the first page looks at; fetched once a request."""
    if "police.waiting" not in acting.memo:
        city = acting.holds(*CITY)
        given = {"scheme": acting.scheme.pk, "stations": [] if city else stations(acting)}
        acting.memo["police.waiting"] = [
            File(extraction=one, facts=facts)
            for one, facts in with_facts(Fact, _waiting(city=city), given)
        ]
    found: list[File] = acting.memo["police.waiting"]
    return found


def find(acting: Acting, name: str) -> File | None:
    """One extraction, if the acting person may see it."""
    found = extractions(acting).filter(pk=name).first()
    return file_of(found) if found else None


def police(acting: Acting) -> QuerySet[Person]:
    """Those who hold a post of the police under the scheme now."""
    held = Appointment.objects.filter(current(acting.at), scheme=acting.scheme, post__in=POLICE)
    return Person.objects.filter(pk__in=held.values("person")).order_by("kana", "login")


def chiefs(acting: Acting) -> list[Person]:
    """Those who may order for the acting person's station now."""
    held = Appointment.objects.filter(
        current(acting.at), scheme=acting.scheme, post="police_image_manager"
    )
    own, known = own_station(acting), postings(acting)
    people = Person.objects.filter(pk__in=held.values("person")).order_by("kana", "login")
    return [one for one in people if one.pk in known and known[one.pk].station == own]


def _extractions(scheme: Any) -> QuerySet[Extraction]:
    found = Extraction.objects.filter(head__scheme=scheme).select_related("scheme")
    return found.order_by("-head__began", "-pk")


@cache
def _waiting(*, city: bool) -> Statement:
    """The oldest that are not over, of all or of the `stations`."""
    rows = _extractions(Given("scheme"))
    if not city:
        rows = rows.filter(Among(F("station"), Given("stations")))
    oldest = rows.filter(head__state__in=OPEN).reverse()[:MOST]
    return asking_facts(Fact, oldest.values("pk"))
