# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of people in the menu."""

from django.utils.translation import gettext_lazy as _

from machimori.office.shared import menu


def install() -> None:
    """Called once, when the app is ready."""
    menu.register(menu.Entry(route="people:today", text=_("きょうの仕事"), order=0))
    menu.register(
        menu.Entry(
            route="people:appointments",
            text=_("任命と引継ぎ"),
            order=130,
            posts=frozenset(
                {"system_manager", "handling_supervisor", "police_image_manager", "auditor"}
            ),
        )
    )
    menu.register(menu.Entry(route="people:keys", text=_("自分のキー"), order=139))
