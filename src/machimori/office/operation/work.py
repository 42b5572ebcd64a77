# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in 稼働状況: a shut vault, for everybody whose work it stops; what is not well, for
those who see to it."""

from collections.abc import Sequence
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.operation import access, readings
from machimori.office.operation.lines import lines
from machimori.office.people.acting import Acting
from machimori.office.shared import menu
from machimori.office.shared.posts import Post
from machimori.office.shared.recorders import recorders
from machimori.office.shared.work import Item, Work, register

STOPPED: Final[frozenset[Post]] = frozenset(
    {"handling_supervisor", "operator", "viewer", "police_image_manager", "police_operator"}
)
"""Whose work a shut vault stops, and who cannot open it."""


def shut(acting: Acting) -> Sequence[Item]:
    """A shut vault, and who opens it."""
    vault = readings.vault()
    if vault is not None and vault.open:
        return []
    text = _t("画像の保管庫が閉じています。録画は続いています。閲覧も緊急の取出しもできません。")
    names = "、".join(access.openers(acting)) or _t("管理責任者かシステム担当")
    by = _t("開けるのは %(names)s です。") % {"names": names}
    return [Item(text=text + by, href=reverse("people:today"), urgent=True)]


def unwell(acting: Acting) -> Sequence[Item]:
    """Every line that is not well, the worst first."""
    found = lines(recorders(), readings.vault(), now=acting.at)
    wrong = [line for line in found if line.state != "good"]
    wrong.sort(key=lambda line: line.state != "bad")
    return [
        Item(
            text=_t("%(part)s：%(text)s") % {"part": line.part, "text": line.text},
            href=reverse("operation:status"),
            urgent=line.state == "bad",
        )
        for line in wrong
    ]


def install() -> None:
    """Register these lists and the page."""
    readers = frozenset(access.READERS)
    menu.register(
        menu.Entry(
            route="operation:status",
            text=_("稼働状況"),
            order=72,
            posts=readers,
            group="equipment",
        )
    )
    register(
        Work(
            key="operation.unwell",
            order=30,
            title=_("異常"),
            empty=_("ありません。録画も保管庫も動いています。"),
            posts=readers,
            find=unwell,
        )
    )
    register(
        Work(
            key="operation.shut",
            order=5,
            title=_("画像の保管庫"),
            empty=_("開いています。"),
            posts=STOPPED,
            find=shut,
        )
    )
