# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, and its button on the page of a case."""

from django.apps import AppConfig


class ViewingConfig(AppConfig):
    """Viewing."""

    name = "machimori.office.viewing"

    def ready(self) -> None:
        """Offer viewing wherever a case may be opened."""
        from machimori.office.viewing import offering

        offering.install()
