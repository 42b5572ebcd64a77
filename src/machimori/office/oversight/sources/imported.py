# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines of a register kept before this one. They are found by words and period alone."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _t

from machimori.office.oversight.asked import Asked
from machimori.office.oversight.models import OldUse
from machimori.office.oversight.sources.source import Cases
from machimori.office.oversight.uses import Use

_SEARCHED: Final = (
    "done",
    "number",
    "by",
    "purpose",
    "reason",
    "camera",
    "recipient",
    "medium",
    "more",
)


class Imported:
    """Imported lines."""

    name: ClassVar[str] = "imported"
    numbered: ClassVar[bool] = True
    of_provision: ClassVar[bool] = False

    def rows(self, asked: Asked) -> "QuerySet[Any]":
        """Who did it and what it was are words there: a choice of either leaves them out."""
        narrowed = asked.act not in ("", "imported") or asked.post or asked.person is not None
        if narrowed or asked.stations is not None:
            return OldUse.objects.none()
        found = OldUse.objects.filter(asked.within("at"), batch__scheme=asked.scheme)
        for word in asked.words:
            matches = Q()
            for field in _SEARCHED:
                matches |= Q(**{f"{field}__contains": word.text})
            found = found.filter(matches)
        return found

    def uses(self, rows: Sequence[Any], cases: Cases) -> list[Use]:
        return [
            Use(
                source=Imported.name,
                key=str(row.pk),
                at=row.at,
                act="imported",
                said=row.done,
                number=row.number,
                case="",
                href="",
                person=None,
                by=row.by,
                purpose=row.purpose,
                reason=row.reason,
                recipient=row.recipient,
                medium=row.medium,
                more="　".join(
                    filter(
                        None,
                        (
                            row.camera,
                            row.interval,
                            row.more,
                            _t("取込みの%(n)s行目") % {"n": row.line},
                        ),
                    )
                ),
            )
            for row in rows
        ]
