# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, and its entries in the menu."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TerminalsConfig(AppConfig):
    """Terminals."""

    name = "machimori.office.terminals"

    def ready(self) -> None:
        """Show the register and the page that proves a terminal to those who use them."""
        from machimori.office.personnel import carried as personnel
        from machimori.office.shared.menu import Entry, register
        from machimori.office.terminals import carried
        from machimori.office.terminals.access import READERS, USERS

        personnel.register("terminals", items=carried.kept)
        register(
            Entry(route="terminals:register", text=_("端末簿"), order=75, posts=frozenset(READERS))
        )
        register(
            Entry(route="terminals:here", text=_("この端末"), order=78, posts=frozenset(USERS))
        )
