# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why there is no picture, in words: the causes of `footage.records`, and two of our own."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CAUSES: Final[dict[str, Promise]] = {
    "": _("記録がなく、原因は分かりません"),
    "refused": _("カメラが接続を断った"),
    "stalled": _("カメラから映像が届かなくなった"),
    "network": _("回線が切れた"),
    "disk": _("録画先に書けなかった"),
    "recorder_down": _("録画機が止まっていた"),
    "clock": _("時計を確かめられなかった"),
    "no_key": _("その日の鍵がなかった"),
    "camera_lost": _("カメラが見つからなかった"),
    "withdrawn": _("カメラを登録から外した、または登録を変えた"),
    "disk_full": _("空きがなく、上書きした"),
    "retention": _("保存期間が過ぎ、鍵を破棄した"),
    "early": _("早めに鍵を破棄した"),
    "shutdown": _("録画を止めた"),
    "damaged": _("保存された映像が壊れている"),
}


def cause_text(cause: str) -> Promise:
    """The words for a cause."""
    return CAUSES[cause]
