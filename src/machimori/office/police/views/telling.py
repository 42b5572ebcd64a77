# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an extraction is about, as its page and the page of its verdict say it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import instant
from machimori.office.cameras.access import names
from machimori.office.people.acting import Acting
from machimori.office.police import scanning
from machimori.office.police.history import File
from machimori.office.shared.templatetags.office import minute
from machimori.policy.calendar import HoursClass

HOURS: dict[HoursClass, object] = {
    "open": _("開庁時間"),
    "early": _("早朝"),
    "night": _("夜間"),
    "closed_day": _("休日"),
}
_CAUSES = {"crime": _("犯罪の捜査"), "accident": _("事故の捜査")}


def told(file: File, acting: Acting) -> dict[str, Any]:
    """For `police/about.html`: order, what was taken out, 申請書, papers attached."""
    data, scanned = file.order.data, scanning.told(file, acting)
    return {
        "file": file,
        "code": file.statement.short_code(),
        "cameras": list(names(acting.scheme, file.extent.cameras).values()),
        "interval": interval(file),
        "ordered_at": instant(data["ordered_at"]),
        "hours": HOURS[data["hours"]],
        "cause": _CAUSES[data["cause"]],
        "taken": file.latest("extracted"),
        "filed": file.latest("filed"),
        "scanned": scanned,
    } | (scanned or {})


def interval(file: File) -> str:
    """The interval of the order in words."""
    return f"{minute(file.extent.start)} ～ {minute(file.extent.end)}"
