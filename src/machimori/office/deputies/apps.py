# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, and its entry in the menu."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeputiesConfig(AppConfig):
    """Deputies."""

    name = "machimori.office.deputies"

    def ready(self) -> None:
        """Show who stands in to those who may read it."""
        from machimori.office.shared.menu import Entry, register

        register(
            Entry(
                route="deputies:list",
                text=_("代決者"),
                order=131,
                posts=frozenset({"system_manager", "handling_supervisor", "auditor"}),
            )
        )
