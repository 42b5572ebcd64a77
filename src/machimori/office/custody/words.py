# SPDX-License-Identifier: AGPL-3.0-or-later
"""The vault's words in plain Japanese: kinds of statements, and why it refuses one."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: Final[dict[str, Promise]] = {
    "appointment": _("署名できる人の任命"),
    "revocation": _("署名できる人の解任"),
    "delegation": _("代決の委任"),
    "rules": _("きまり"),
    "camera-class": _("カメラの保存区分"),
    "recorder-enrolment": _("録画装置の登録"),
    "agreement": _("直接取得の協定"),
    "live-view": _("現在の映像の許可"),
    "authorisation-end": _("承認の終わり"),
    "hold": _("保全"),
    "hold-end": _("保全の終わり"),
    "early-destruction": _("早い破棄"),
    "override": _("消去の再開"),
    "time": _("時刻"),
}
_WHY: Final[dict[str, Promise]] = {
    "too_few_signers": _("署名した人が足りません。ほかの人にも署名を頼んでください。"),
    "unknown_signer": _(
        "署名したキーを、保管庫がまだ知りません。「保管庫に届けるもの」で、先に任命を届けてください。"
    ),
    "revoked_officer": _("署名した人は解任されています。"),
    "appointment_not_valid": _("署名した人の任命が、いまは有効ではありません。"),
    "wrong_post": _("署名した人の職では、これに署名できません。"),
    "last_officers": _("署名できる人が足りなくなります。先にほかの人を任命してください。"),
    "too_few_officers": _(
        "きまりが求める人数の署名者が、保管庫にいません。先に任命を届けてください。"
    ),
    "key_in_use": _("このキーは、ほかの人のものとして届いています。"),
    "old_version": _("保管庫には、もっと新しいきまりがあります。もう一度つくってください。"),
    "class_dropped": _("録画の残っている保存区分が、きまりからなくなっています。"),
    "class_in_use": _("この保存区分は、ほかの制度が使っています。"),
    "no_rules": _("この制度のきまりが、まだ届いていません。先に「きまり」を届けてください。"),
    "no_hold": _("保管庫には、この案件の保全がありません。"),
    "no_hold_ground": _("この根拠で保存を延ばす定めがありません。"),
    "other_ground": _("この案件は、ほかの根拠で保全されています。"),
    "last_day": _("保全の期限が、きまりで決めた日数を超えています。"),
    "interval": _("範囲が、きまりで決めた長さを超えています。"),
    "destroyed": _("画像はもう消去されています。"),
    "expired": _("保存期間が終わり、画像はもう消去されています。"),
    "clock_behind": _("保管庫の時計が遅れています。システム担当に知らせてください。"),
    "cloned_key": _(
        "キーが写された疑いがあります。そのキーを使うのをやめ、管理責任者に知らせてください。"
    ),
}


def why_refused(reason: str) -> str:
    """What the vault's word means, and what to do."""
    found = _WHY.get(reason)
    return str(found if found else _("保管庫が認めません（%(word)s）。") % {"word": reason})
