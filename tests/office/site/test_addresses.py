# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses of lists and the menu are those that Django gives."""

from django.urls import reverse

from machimori.office.shared.addresses import address, address_of
from machimori.office.site.routes import routes


def test_an_address_is_the_one_of_the_table_of_routes() -> None:
    """Every route without an argument, and with one: by an id, or by a number."""
    for route in routes():
        kinds = list(route.converters.values())
        if not kinds:
            assert address(route.name) == reverse(route.name)
        elif kinds == ["slug"] or kinds == ["int"]:
            for name in ("v-0", "0-7") if kinds == ["slug"] else (0, 1207):
                assert address_of(route.name, name) == reverse(route.name, args=[name])
