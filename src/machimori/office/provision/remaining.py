# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long footage is still kept, in words: 「消去まであと2日3時間」."""

import datetime as dt

from django.utils.translation import gettext as _t

from machimori.kernel.instants import day_start, instant


def until_erased(last_day: dt.date, at: dt.datetime) -> dt.timedelta:
    """From `at` to the end of the last day on which footage is kept; not negative."""
    end = instant(day_start(last_day + dt.timedelta(days=1)))
    return max(dt.timedelta(0), end - at)


def in_words(left: dt.timedelta) -> str:
    """Days and hours; under a day hours and minutes."""
    hours, minutes = left.seconds // 3600, left.seconds % 3600 // 60
    if left.days:
        return _t("%(days)s日%(hours)s時間") % {"days": left.days, "hours": hours}
    return _t("%(hours)s時間%(minutes)s分") % {"hours": hours, "minutes": minutes}
