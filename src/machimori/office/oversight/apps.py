# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, what waits in it, its entries in the menu, and what an upgrade makes anew."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OversightConfig(AppConfig):
    """Oversight."""

    name = "machimori.office.oversight"

    def ready(self) -> None:
        """Register pages and work lists."""
        from machimori.office.oversight import erasing, work

        work.install()
        post_migrate.connect(erasing.define, sender=self)
