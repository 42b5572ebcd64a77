# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records that were disposed of: a line each, where the lines of the case were before."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _t

from machimori.office.oversight.asked import Asked
from machimori.office.oversight.kinds import KINDS
from machimori.office.oversight.models import Tombstone
from machimori.office.oversight.sources.source import Cases
from machimori.office.oversight.uses import Use


class Disposed:
    """Tombstones. Who decided stands in the list of what was disposed of."""

    name: ClassVar[str] = "disposed"
    numbered: ClassVar[bool] = True
    of_provision: ClassVar[bool] = False

    def rows(self, asked: Asked) -> "QuerySet[Any]":
        narrowed = asked.stations is not None or asked.person is not None or asked.post
        if narrowed or asked.act not in ("", "disposed"):
            return Tombstone.objects.none()
        found = Tombstone.objects.filter(asked.within("at"), scheme=asked.scheme)
        for word in asked.words:
            found = found.filter(number__contains=word.text)
        return found

    def uses(self, rows: Sequence[Any], cases: Cases) -> list[Use]:
        del cases
        return [
            Use(
                source=self.name,
                key=str(row.pk),
                at=row.at,
                act="disposed",
                said=_t("保存年限が過ぎ、内容を消した"),
                number=row.number,
                case=row.case,
                href=reverse("oversight:disposed"),
                person=None,
                by="",
                more=str(KINDS[row.kind].text),
            )
            for row in rows
        ]
