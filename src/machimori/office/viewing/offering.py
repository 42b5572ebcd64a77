# SPDX-License-Identifier: AGPL-3.0-or-later
"""The button 「画像を開く」 on the page of a case, and 「閲覧の履歴」 in the menu."""

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.people.acting import Acting
from machimori.office.provision import offers
from machimori.office.provision.history import File
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.viewing.access import AUDITORS, VIEWERS, can_open


def offer(file: File, acting: Acting) -> tuple[str, str] | None:
    """Text and address, if the case has an instruction and the person a post that may view."""
    if not can_open(file) or not acting.holds(*VIEWERS):
        return None
    return _t("画像を開く"), reverse("viewing:open", args=[file.case.pk])


def install() -> None:
    """Called once, when the app is ready."""
    offers.register("viewing", offer)
    register_page(
        Entry(
            route="viewing:listing",
            text=_("閲覧の履歴"),
            order=95,
            posts=frozenset(AUDITORS),
        )
    )
