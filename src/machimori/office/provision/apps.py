# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, what waits in it, and its entries in the menu."""

from django.apps import AppConfig


class ProvisionConfig(AppConfig):
    """Provision."""

    name = "machimori.office.provision"

    def ready(self) -> None:
        """Register pages and work lists."""
        from machimori.office.personnel.carried import register
        from machimori.office.provision import carried, keeping_work, readers, scanning, work

        work.install()
        keeping_work.install()
        readers.install()
        scanning.install()
        register("provision", cases=carried.open_cases, items=carried.copies)
