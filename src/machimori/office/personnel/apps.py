# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, what waits in it, its pages in the menu, and the bar before the pledge."""

from django.apps import AppConfig


class PersonnelConfig(AppConfig):
    """Personnel."""

    name = "machimori.office.personnel"

    def ready(self) -> None:
        """Register pages and work lists, and withhold posts whose pledge has not come."""
        from machimori.office.people.rules import withhold_by
        from machimori.office.personnel import access, carried, handing_on, work

        work.install()
        carried.register("keys", items=handing_on.keys_held)
        withhold_by(access.unpledged_posts)
