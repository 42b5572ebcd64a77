# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a scan is of, and what can happen to it."""

from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.shared.steps import Step, step

State = Literal["kept", "erased"]
Kind = Literal["attached", "withdrawn", "disposed"]
STATES: Final[dict[State, Promise]] = {"kept": _("保管中"), "erased": _("消去済")}
STEPS: Final[dict[Kind, Step[State]]] = {
    "attached": step(_("書類の画像を付けた"), None, then="kept"),
    "withdrawn": step(_("まちがえて付けたので消した"), "kept", then="erased"),
    "disposed": step(_("案件の文書の廃棄と一緒に消した"), "kept", then="erased"),
}
PAPERS: Final[dict[str, Promise]] = {
    "inquiry": _("照会書・令状などの文書"),
    "application": _("申請書・請求書"),
    "consent": _("同意書・委任状"),
    "decision": _("決裁の写し"),
    "receipt": _("受領書"),
    "other": _("そのほか"),
}
"""What the paper is. An identity card is none of them: no copy of one is kept."""
WHY: Final[dict[str, Promise]] = {
    "other_case": _("別の案件の書類だった"),
    "identity": _("身分証の写しか、個人番号のある書類だった"),
    "unreadable": _("読めない、または同じものが二つある"),
}
"""Why a scan is taken back: chosen, so that no table holds words about a case."""
