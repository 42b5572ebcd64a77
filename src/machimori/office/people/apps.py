# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, and what it adds to the first page."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """People."""

    name = "machimori.office.people"

    def ready(self) -> None:
        """Register what waits, once models can be asked."""
        from machimori.office.people import work

        work.install()
