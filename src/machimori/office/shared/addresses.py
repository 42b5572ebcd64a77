# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses for lists and the menu. Django searches its table of routes for each; a page of a list
asks for a hundred that differ in a name alone, and every page for its menu.
"""

from functools import cache

from django.urls import reverse


@cache
def address(route: str) -> str:
    """The address of a page without arguments."""
    return reverse(route)


def address_of(route: str, name: str | int) -> str:
    """The address of the page of one thing, by its id or number."""
    before, after = _around(route)
    return f"{before}/{name}/{after}"


@cache
def _around(route: str) -> tuple[str, str]:
    """What stands before and after the argument of this route."""
    before, _, after = reverse(route, args=[0]).partition("/0/")
    return before, after
