# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, and its entries in the menu."""

from django.apps import AppConfig


class WatchingConfig(AppConfig):
    """Watching."""

    name = "machimori.office.watching"

    def ready(self) -> None:
        """Register pages."""
        from machimori.office.watching import work

        work.install()
