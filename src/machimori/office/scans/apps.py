# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, and what it has done every night."""

from django.apps import AppConfig


class ScansConfig(AppConfig):
    """Scans."""

    name = "machimori.office.scans"

    def ready(self) -> None:
        """Register the nightly end of what is kept no longer."""
        from machimori.office.scans import ending

        ending.install()
