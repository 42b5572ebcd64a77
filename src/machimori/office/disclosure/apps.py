# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, what waits in it, and its entry in the menu."""

from django.apps import AppConfig


class DisclosureConfig(AppConfig):
    """Disclosure."""

    name = "machimori.office.disclosure"

    def ready(self) -> None:
        """Register pages and work lists."""
        from machimori.office.disclosure import carried, scanning, work
        from machimori.office.personnel.carried import register

        work.install()
        scanning.install()
        register("disclosure", cases=carried.open_cases)
