# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rules of a scheme on a day, and who may decide them.

Reading is open to whatever follows the rules; the pages themselves say who sees them.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

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
"""Profiles kept ready, by document and decisions. They are values: never out of date."""


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
        return _settled(
            self.document, tuple(one for one in self.adoptions if one.effective_from <= day)
        )


def rulebook(scheme: Scheme) -> Rulebook:
    """The scheme's rules of all days, in one query: for lists of cases that began on many."""
    found = Adoption.objects.filter(resolution__scheme=scheme)
    found = found.select_related("resolution").order_by("pk")
    rows = list(found)
    return Rulebook(
        document=ProfileId(scheme.profile),
        adoptions=tuple(decided(one) for one in rows),
        unnumbered=len({one.resolution_id for one in rows if not one.resolution.number}),
    )


def in_force(scheme: Scheme, on: dt.date) -> Profile:
    """The rules of this scheme on this day. A case keeps those of the day on which it began.

    One query. Raises PolicyError if no profile of the scheme's ships with the product.
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
def _settled(name: ProfileId, adoptions: tuple[policy.Adoption, ...]) -> Profile:
    return policy.in_force(bundled(name), adoptions, dt.date.max)
