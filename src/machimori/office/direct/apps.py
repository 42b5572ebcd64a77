# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, what waits in it, its job, and its entries in the menu."""

from django.apps import AppConfig


class DirectConfig(AppConfig):
    """Direct acquisition."""

    name = "machimori.office.direct"

    def ready(self) -> None:
        """Register pages, work lists and the job that makes packages."""
        from machimori.office.direct import work, working

        work.install()
        working.install()
