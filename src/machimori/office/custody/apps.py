# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, and what it registers."""

from django.apps import AppConfig


class CustodyConfig(AppConfig):
    """Custody."""

    name = "machimori.office.custody"

    def ready(self) -> None:
        """Show what waits."""
        from machimori.office.custody.work import install

        install()
