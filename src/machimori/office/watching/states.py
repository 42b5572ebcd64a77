# SPDX-License-Identifier: AGPL-3.0-or-later
"""The states of a shift (監視勤務; K6), and which fact leads where."""

from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

State = Literal["on", "over"]
STATES: Final[dict[State, Promise]] = {"on": _("監視中"), "over": _("終了")}

Kind = Literal["begun", "changed", "noticed", "ended"]
STEPS: Final[dict[Kind, tuple[Promise, State]]] = {
    "begun": (_("監視を始めた"), "on"),
    "changed": (_("交替した"), "on"),
    "noticed": (_("通報した"), "on"),
    "ended": (_("監視を終えた"), "over"),
}
"""What is written down, and the state from then on. All but the first follow while it is on."""
