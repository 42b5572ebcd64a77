# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, what waits in it, and its entries in the menu."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """Oversight."""

    name = "machimori.office.oversight"

    def ready(self) -> None:
        """Register pages and work lists."""
        from machimori.office.oversight import work

        work.install()
