# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the office says may be opened: the other side of 突合. One function for each kind of case.

A permit is a signed authorisation as the office holds it, with what was instructed or ordered under
it; the uses are what 利用簿 shows of it.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse

from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import instant
from machimori.office.direct.models import Case as DirectCase
from machimori.office.direct.models import Fact as DirectFact
from machimori.office.disclosure.models import Case as DisclosureCase
from machimori.office.internal.models import Fact as InternalFact
from machimori.office.internal.models import Use as InternalUse
from machimori.office.people.models import Scheme
from machimori.office.police.models import Extraction
from machimori.office.police.models import Fact as PoliceFact
from machimori.office.provision.drafting import extent_of
from machimori.office.provision.models import Case, Fact
from machimori.office.viewing.models import Viewing
from machimori.vault.client.statements import Authorisation

WAITS: Final = dt.timedelta(days=1)
"""How long after it was asked for an extraction may be opened: the worker tries again by itself."""
LONGEST: Final = dt.timedelta(hours=1)
"""Between the request of a page and the opening for it."""


@dataclass(frozen=True, kw_only=True)
class Permit:
    """Cameras and an interval that may be opened under one authorisation, from `since` on."""

    authorisation: str
    """Digest, hexadecimal."""
    cameras: frozenset[str]
    start: dt.datetime
    end: dt.datetime
    since: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Known:
    """A case as the office holds it."""

    number: str
    href: str
    authorisations: frozenset[str]
    """Digests of all that were signed in it."""
    permits: tuple[Permit, ...]
    """What was instructed or ordered under them."""
    uses: tuple[tuple[dt.datetime, dt.datetime], ...]
    """From when to when an opening belongs to a use that is on record."""


def known(scheme: Scheme, cases: Collection[str]) -> dict[str, Known]:
    """Those of these cases that the scheme has; a few queries."""
    return (
        _provision(scheme, cases)
        | _police(scheme, cases)
        | _direct(scheme, cases)
        | _internal(scheme, cases)
        | _disclosure(scheme, cases)
    )


def _provision(scheme: Scheme, cases: Collection[str]) -> dict[str, Known]:
    rows = Case.objects.filter(pk__in=cases, scheme=scheme).select_related("numbered")
    facts = _by_case(
        Fact.objects.filter(
            case__in=cases,
            case__scheme=scheme,
            kind__in=("authorised", "ordered", "extraction_begun"),
        )
    )
    viewed: dict[str, list[dt.datetime]] = {}
    for case, at in Viewing.objects.filter(case__in=cases).values_list("case", "at"):
        viewed.setdefault(case, []).append(at)
    return {row.pk: _case(row, facts.get(row.pk, []), viewed.get(row.pk, [])) for row in rows}


def _case(row: Case, facts: list[Fact], viewed: list[dt.datetime]) -> Known:
    permits, signed = [], ""
    for fact in facts:
        if fact.kind == "authorised":
            signed = _digest(fact.data["envelope"])
        elif fact.kind == "ordered":
            permits.append(
                Permit(
                    authorisation=signed,
                    cameras=frozenset(fact.data["cameras"]),
                    start=instant(fact.data["start"]),
                    end=instant(fact.data["end"]),
                    since=fact.at,
                )
            )
    begun = [fact.at for fact in facts if fact.kind == "extraction_begun"]
    numbered = getattr(row, "numbered", None)
    return Known(
        number=numbered.text if numbered else "",
        href=reverse("provision:case", args=[row.pk]),
        authorisations=frozenset(
            _digest(fact.data["envelope"]) for fact in facts if fact.kind == "authorised"
        ),
        permits=tuple(permits),
        uses=(
            *((at - LONGEST, at + LONGEST) for at in viewed),
            *((at, at + WAITS) for at in begun),
        ),
    )


def _police(scheme: Scheme, cases: Collection[str]) -> dict[str, Known]:
    rows = Extraction.objects.filter(pk__in=cases, scheme=scheme)
    facts = _by_case(
        PoliceFact.objects.filter(case__in=cases, kind__in=("written", "ordered", "begun"))
    )
    return {row.pk: _extraction(row, facts[row.pk]) for row in rows}


def _extraction(row: Extraction, facts: list[PoliceFact]) -> Known:
    permits = tuple(_signed(fact) for fact in facts if fact.kind == "ordered")
    return Known(
        number=f"{row.station} {facts[0].data['reference']}",
        href=reverse("police:extraction", args=[row.pk]),
        authorisations=frozenset(one.authorisation for one in permits),
        permits=permits,
        uses=tuple((fact.at, fact.at + WAITS) for fact in facts if fact.kind == "begun"),
    )


def _direct(scheme: Scheme, cases: Collection[str]) -> dict[str, Known]:
    rows = DirectCase.objects.filter(pk__in=cases, scheme=scheme).select_related("numbered")
    facts = _by_case(DirectFact.objects.filter(case__in=cases, kind="signed"))
    return {row.pk: _acquisition(row, facts.get(row.pk, [])) for row in rows}


def _acquisition(row: DirectCase, signed: list[DirectFact]) -> Known:
    permits = tuple(_signed(fact) for fact in signed)
    return Known(
        number=row.numbered.text,
        href=reverse("direct:acquisition", args=[row.pk]),
        authorisations=frozenset(one.authorisation for one in permits),
        permits=permits,
        uses=tuple((fact.at, fact.at + WAITS) for fact in signed),
    )


def _internal(scheme: Scheme, cases: Collection[str]) -> dict[str, Known]:
    rows = InternalUse.objects.filter(pk__in=cases, scheme=scheme).select_related("numbered")
    facts = _by_case(InternalFact.objects.filter(case__in=cases, kind__in=("permitted", "copying")))
    viewed: dict[str, list[dt.datetime]] = {}
    for viewing in Viewing.objects.filter(use__in=cases):
        viewed.setdefault(viewing.subject, []).append(viewing.at)
    return {
        row.pk: _internal_use(row, facts.get(row.pk, []), viewed.get(row.pk, [])) for row in rows
    }


def _internal_use(row: InternalUse, facts: list[InternalFact], viewed: list[dt.datetime]) -> Known:
    permits = tuple(_signed(fact) for fact in facts if fact.kind == "permitted")
    return Known(
        number=row.numbered.text,
        href=reverse("internal:use", args=[row.pk]),
        authorisations=frozenset(one.authorisation for one in permits),
        permits=permits,
        uses=(
            *((at - LONGEST, at + LONGEST) for at in viewed),
            *((fact.at, fact.at + WAITS) for fact in facts if fact.kind == "copying"),
        ),
    )


def _signed(fact: PoliceFact | DirectFact | InternalFact) -> Permit:
    """What an order or request that was signed lets open."""
    envelope = _envelope(fact.data["envelope"])
    extent = extent_of(Authorisation.decode(envelope))
    return Permit(
        authorisation=envelope.digest().hex(),
        cameras=frozenset(extent.cameras),
        start=extent.start,
        end=extent.end,
        since=fact.at,
    )


def _disclosure(scheme: Scheme, cases: Collection[str]) -> dict[str, Known]:
    """Nothing is opened in a disclosure case today: whatever was has no permit."""
    rows = DisclosureCase.objects.filter(pk__in=cases, scheme=scheme).select_related("numbered")
    return {
        row.pk: Known(
            number=row.numbered.text,
            href=reverse("disclosure:case", args=[row.pk]),
            authorisations=frozenset(),
            permits=(),
            uses=(),
        )
        for row in rows
    }


def _by_case(facts: "QuerySet[Any]") -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for fact in facts.order_by("serial"):
        found.setdefault(fact.case_id, []).append(fact)
    return found


def _envelope(text: str) -> Envelope:
    return Envelope.decode(canonical.unb64(text, where="envelope"))


def _digest(text: str) -> str:
    try:
        return _envelope(text).digest().hex()
    except MalformedError:
        return ""
