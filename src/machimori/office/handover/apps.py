# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, what waits in it, its part of a case's page, and its entry in the menu."""

from django.apps import AppConfig


class HandoverConfig(AppConfig):
    """Extraction, media, hand-over, copies."""

    name = "machimori.office.handover"

    def ready(self) -> None:
        """Register pages, jobs, papers and work lists."""
        from machimori.office.handover import papers, sections, work, working

        papers.install()
        sections.install()
        work.install()
        working.install()
