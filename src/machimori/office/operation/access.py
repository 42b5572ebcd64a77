# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who sees how everything runs and opens the vault; the only functions that hand out attempts."""

import datetime as dt
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _t

from machimori.kernel.instants import TOKYO
from machimori.office.operation.models import Attempt
from machimori.office.people.acting import Acting
from machimori.office.people.models import Appointment
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import LABELS, Post

READERS: Final[tuple[Post, ...]] = ("system_manager", "system_administrator")
OPENERS: Final[tuple[Post, ...]] = READERS
HALF_A_YEAR: Final = dt.timedelta(days=183)
"""From one practice, or opening, to the next (docs/guide/operator.md: twice a year)."""
SOON: Final = dt.timedelta(days=14)
WRONG: Final = 5
"""Wrong secrets in a row after which the page waits, whoever typed them."""
WRONG_WITHIN: Final = dt.timedelta(minutes=15)


def attempts() -> QuerySet[Attempt]:
    """Every try, the newest first."""
    return Attempt.objects.select_related("by").order_by("-at", "-pk")


def rehearsal_due(opened: dt.datetime | None) -> dt.date | None:
    """The day by which somebody opens or practises next, who last did at `opened`; None if nobody
    ever has."""
    return (opened + HALF_A_YEAR).astimezone(TOKYO).date() if opened else None


def openers(acting: Acting) -> list[str]:
    """Who may open the vault now, with their posts: 「管理責任者 佐藤 花子」. Whoever only runs the
    installation reads the posts, and no name but their own."""
    now = Q(valid_from__lte=acting.at) & (
        Q(valid_until__isnull=True) | Q(valid_until__gt=acting.at)
    )
    rows = (
        Appointment.objects.filter(now, scheme=acting.scheme, post__in=OPENERS)
        .select_related("person")
        .order_by("person__name")
    )
    found = {row: str(label) for name, label in LABELS.items() for row in rows if row.post == name}
    if not acting.posts <= {"system_administrator"}:
        return [f"{label} {row.person.name}" for row, label in found.items()]
    texts = [
        f"{label} {row.person.name}" if row.person_id == acting.person.pk else label
        for row, label in found.items()
    ]
    return list(dict.fromkeys(texts))


def check_opens(acting: Acting) -> None:
    """Raise ActionRefusedError unless the acting person may open the vault, or if too many secrets
    were wrong lately."""
    if not acting.holds(*OPENERS):
        raise ActionRefusedError(
            _t("保管庫は開けません"),
            Reason(text=_t("開けるのは、管理責任者とシステム担当です。")),
        )
    newest = list(attempts()[:WRONG])
    since = acting.at - WRONG_WITHIN
    if len(newest) == WRONG and all(not one.succeeded and one.at > since for one in newest):
        raise ActionRefusedError(
            _t("しばらく待ってください"),
            Reason(
                text=_t("合言葉か鍵のファイルが5回続けて違いました。15分たつと、また試せます。")
            ),
        )
