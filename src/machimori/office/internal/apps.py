# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, what waits in it, and its entry in the menu."""

from django.apps import AppConfig


class InternalConfig(AppConfig):
    """Internal use."""

    name = "machimori.office.internal"

    def ready(self) -> None:
        """Register page, work lists and the job."""
        from machimori.office.internal import work, working

        work.install()
        working.install()
