# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, its page, and what waits in it."""

from django.apps import AppConfig


class OperationConfig(AppConfig):
    """稼働状況."""

    name = "machimori.office.operation"

    def ready(self) -> None:
        """Register page and work lists."""
        from machimori.office.operation import work

        work.install()
