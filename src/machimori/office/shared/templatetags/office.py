# SPDX-License-Identifier: AGPL-3.0-or-later
"""How pages write days, times and posts."""

import datetime as dt
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _t

from machimori.kernel.instants import TOKYO
from machimori.office.shared.causes import cause_text
from machimori.office.shared.menu import Opening, line
from machimori.office.shared.posts import LABELS, address_for
from machimori.office.shared.tables import Cell
from machimori.policy import wareki as era

register = template.Library()


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """「令和8年5月14日（木）」; in English `Thu 14 May 2026`. An instant by Tokyo's calendar."""
    if value is None:
        return ""
    found = value.astimezone(TOKYO).date() if isinstance(value, dt.datetime) else value
    if get_language() == "en":
        return f"{found:%a} {found.day} {found:%b %Y}"
    return era.wareki(found)


@register.filter
def minute(value: dt.datetime | None) -> str:
    """A day and the time of day to the minute."""
    if value is None:
        return ""
    return f"{day(value)} {value.astimezone(TOKYO):%H:%M}"


@register.filter
def second(value: dt.datetime | None) -> str:
    """A day and the time of day to the second."""
    return f"{minute(value)}:{value.astimezone(TOKYO):%S}" if value else ""


@register.filter
def last_day(until: dt.datetime | None) -> str:
    """The last day of an interval that ends before `until`."""
    return day(until - dt.timedelta(microseconds=1)) if until else ""


@register.filter
def post(value: str) -> str:
    """A post's name."""
    return next((str(label) for name, label in LABELS.items() if name == value), value)


@register.simple_tag(takes_context=True)
def who(context: dict[str, Any], person: Any) -> str:
    """A person's name. Whoever only runs the installation sees nobody's but their own."""
    acting = context["acting"]
    unnamed = acting.posts <= {"system_administrator"} and person.pk != acting.person.pk
    return _t("（職員）") if unnamed else str(person.name)


@register.simple_tag(takes_context=True)
def admitted(context: dict[str, Any], route: str, *args: object) -> str:
    """A page's address, if the acting person may enter it; else empty."""
    return address_for(context["acting"].posts, route, *args)


@register.simple_tag(takes_context=True)
def menu(context: dict[str, Any]) -> list[Opening]:
    """The pages that the acting person sees in the menu, the one they are on marked."""
    return line(context["acting"].posts, context["request"].path)


@register.filter
def cause(value: str) -> Promise:
    """Why there is no picture."""
    return cause_text(value)


@register.simple_tag
def cells(row: Sequence[Cell]) -> SafeString:
    """The cells of a line of a list. Not drawn by a template: a page has 700, and to judge each
    there took a quarter of the page's time."""
    return mark_safe("".join(map(_cell, row)))  # noqa: S308 – each part is escaped in `_cell`


@register.simple_tag
def options(choices: Iterable[tuple[str, str]], chosen: str) -> SafeString:
    """The options of a choice by value and text. Not drawn by a template either: a choice of a
    person has hundreds."""
    drawn = (
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(text)}</option>"
        for value, text in choices
    )
    return mark_safe("".join(drawn))  # noqa: S308 – each part is escaped


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    if cell.href:
        text = f'<a href="{escape(cell.href)}">{text}</a>'
    elif cell.mark:
        text = f'<span class="mark {escape(cell.mark)}">{text}</span>'
    return f'<td class="long">{text}</td>' if len(cell.text) > 24 else f"<td>{text}</td>"
