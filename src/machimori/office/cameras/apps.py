# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, and its entry in the menu."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CamerasConfig(AppConfig):
    """Cameras."""

    name = "machimori.office.cameras"

    def ready(self) -> None:
        """Show the register to those who may read it."""
        from machimori.office.cameras import feeding, yesterday
        from machimori.office.cameras.access import READERS
        from machimori.office.jobs.registry import every
        from machimori.office.shared.menu import Entry, register

        every("* * * * *", "cameras.feed", feeding.task)
        every("10 * * * *", "cameras.yesterday", yesterday.task)
        register(
            Entry(route="cameras:register", text=_("カメラ"), order=70, posts=frozenset(READERS))
        )
