# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions at the counter whether there is a recording (堺 12: 検索); nothing was opened."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _t

from machimori.office.oversight.asked import Asked, Word
from machimori.office.oversight.sources.source import Cases
from machimori.office.oversight.uses import Use
from machimori.office.provision.models import Look


class Looks:
    """Looks of provision's counter: a line each, without a case."""

    name: ClassVar[str] = "look"
    numbered: ClassVar[bool] = True
    of_provision: ClassVar[bool] = False

    def rows(self, asked: Asked) -> "QuerySet[Any]":
        if asked.stations is not None or asked.act not in ("", "look"):
            return Look.objects.none()
        found = Look.objects.filter(asked.within("at"), asked.people("by"), scheme=asked.scheme)
        if asked.post:
            # Those held then are on record here.
            found = found.filter(posts__regex=rf"(^| ){asked.post}( |$)")
        for word in asked.words:
            found = found.filter(_means(word))
        return found.select_related("by")

    def uses(self, rows: Sequence[Any], cases: Cases) -> list[Use]:
        del cases
        return [_use(row) for row in rows]


def _means(word: Word) -> Q:
    found = Q(by__in=word.people)
    return found | Q(cameras__contains=[word.camera]) if word.camera else found


def _use(row: Look) -> Use:
    if row.found is None:
        said = _t("保存先が答えなかった")
    else:
        whole = {"found": row.found, "asked": len(row.cameras)}
        said = _t("録画あり：%(asked)s台のうち%(found)s台") % whole
    return Use(
        source=Looks.name,
        key=str(row.pk),
        at=row.at,
        act="look",
        said=_t("画像は開いていない"),
        number="",
        case="",
        href="",
        person=row.by_id,
        by=row.by.name,
        cameras=tuple(row.cameras),
        start=row.start,
        end=row.end,
        more=said,
    )
