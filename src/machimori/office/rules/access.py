# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rules of a scheme on a day, and who may decide them.

Reading is open to whatever follows the rules; the pages themselves say who sees them.
"""

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.rules.models import Adoption, Resolution
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.policy import adoption as policy
from machimori.policy.adoption_statement import adoption_of
from machimori.policy.document import ProfileId
from machimori.policy.profile import Profile, bundled

_KEPT = 256
"""Rulebooks and profiles kept ready, by all that they rest on: never out of date."""

_NEWEST = """
SELECT max(adopted.id), count(*), string_agg(act.number, E'\\n' ORDER BY adopted.id)
FROM rules_adoption adopted JOIN rules_resolution act ON act.id = adopted.resolution_id
WHERE act.scheme_id = %s
"""


def document(scheme: Scheme) -> Profile:
    """What the scheme's document says, without any decision. Raises PolicyError."""
    return bundled(ProfileId(scheme.profile))


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """A scheme's document and all that the city has decided over it: the rules of every day."""

    document: ProfileId
    adoptions: tuple[policy.Adoption, ...]
    unnumbered: int = 0
    """Decisions whose 決裁番号 has not been entered."""

    def on(self, day: dt.date) -> Profile:
        """The rules of this day. Raises PolicyError if no such profile ships with the product."""
        effective = bisect_right(self.changes, day)
        if effective not in self._profiles:
            taken = (one for one in self.adoptions if one.effective_from <= day)
            self._profiles[effective] = _settled(self.document, tuple(taken))
        return self._profiles[effective]

    @cached_property
    def changes(self) -> list[dt.date]:
        """The days from which a decision has effect."""
        return sorted({one.effective_from for one in self.adoptions})

    @cached_property
    def _profiles(self) -> dict[int, Profile]:
        """By how many of the changes have effect."""
        return {}


def rulebook(scheme: Scheme) -> Rulebook:
    """The scheme's rules of all days: for lists of cases that began on many.

    One query; a second one if anything was decided or numbered since this process last asked.
    """
    with connection.cursor() as cursor:
        # By hand, because every page asks this several times: a tenth of what the mapper computes.
        cursor.execute(_NEWEST, [scheme.pk])
        last, rows, numbers = cursor.fetchone()
    return _read(scheme.pk, ProfileId(scheme.profile), last, rows, numbers)


def in_force(scheme: Scheme, on: dt.date) -> Profile:
    """The rules of this scheme on this day. A case keeps those of the day on which it began.

    Queries as `rulebook`. Raises PolicyError if no profile of the scheme's ships with the product.
    """
    return rulebook(scheme).on(on)


def rules_of(acting: Acting) -> Rulebook:
    """The rules of the scheme in which the person acts; fetched once a request."""
    if "rules_of" not in acting.memo:
        acting.memo["rules_of"] = rulebook(acting.scheme)
    found: Rulebook = acting.memo["rules_of"]
    return found


def decided(row: Adoption) -> policy.Adoption:
    """The decision of this row, as the policy reads it."""
    act = row.resolution
    return adoption_of(
        {
            "key": row.key,
            "value": row.value,
            "reason": row.reason,
            "decision": act.number,
            "adopted_on": act.adopted_on.isoformat(),
            "effective_from": act.effective_from.isoformat(),
        }
    )


def today(acting: Acting) -> dt.date:
    """The local day on which the person acts."""
    return local_day(micros(acting.at))


def viewed_day(acting: Acting) -> dt.date:
    """The day whose rules the pages show: today's; before the scheme starts those of the last
    day from which anything decided has effect, so that a decision for April counts in March."""
    day = today(acting)
    started = acting.scheme.started_on
    if started is not None:
        return max(day, started)
    return max([day, *(one.effective_from for one in rules_of(acting).adoptions)])


def resolutions(acting: Acting) -> QuerySet[Resolution]:
    """The scheme's decisions, the latest first."""
    found = Resolution.objects.filter(scheme=acting.scheme).select_related("adopted_by")
    return found.order_by("-adopted_on", "-pk")


def history(acting: Acting, key: str) -> QuerySet[Adoption]:
    """Every decision on one question, the latest first."""
    found = Adoption.objects.filter(resolution__scheme=acting.scheme, key=key)
    return found.select_related("resolution__adopted_by").order_by(
        "-resolution__effective_from", "-pk"
    )


def may_decide(acting: Acting) -> bool:
    """Whether the acting person enters the city's decisions."""
    return acting.holds("system_manager")


def check_decides(acting: Acting) -> None:
    """Raise ActionRefusedError unless the acting person enters the city's decisions."""
    if not may_decide(acting):
        raise ActionRefusedError(
            _t("きまりは決められません"), Reason(text=_t("管理責任者に頼んでください。"))
        )


@lru_cache(maxsize=_KEPT)
def _read(
    scheme: str, document: ProfileId, _last: int | None, _rows: int, _numbers: str | None
) -> Rulebook:
    """Decisions are never changed, and numbered once: the last one's id, how many there are and
    their numbers name all of them. Ids are never given again, by a rolled back one either."""
    found = Adoption.objects.filter(resolution__scheme=scheme)
    rows = list(found.select_related("resolution").order_by("pk"))
    return Rulebook(
        document=document,
        adoptions=tuple(decided(one) for one in rows),
        unnumbered=len({one.resolution_id for one in rows if not one.resolution.number}),
    )


@lru_cache(maxsize=_KEPT)
def _settled(name: ProfileId, adoptions: tuple[policy.Adoption, ...]) -> Profile:
    return policy.in_force(bundled(name), adoptions, dt.date.max)
