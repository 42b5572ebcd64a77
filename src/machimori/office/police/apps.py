# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, what waits in it, and its entries in the menu."""

from django.apps import AppConfig


class PoliceConfig(AppConfig):
    """The police's side."""

    name = "machimori.office.police"

    def ready(self) -> None:
        """Register pages and work lists."""
        from machimori.office.personnel.carried import register
        from machimori.office.police import carried, scanning, work, working

        work.install()
        working.install()
        scanning.install()
        register("police", cases=carried.open_cases, items=carried.lent)
