# SPDX-License-Identifier: AGPL-3.0-or-later
"""A use of footage as 利用簿 shows it (旭川 3(4), 堺 12, 印西 3(6)): a view of one fact.

Nothing of it is stored. A use is found by its source (the app that holds the fact) and that fact's
key.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

ACTS: Final[dict[str, Promise]] = {
    "look": _("録画の有無の確認"),
    "search": _("検索"),
    "view": _("閲覧"),
    "copy": _("複製"),
    "provide": _("提供"),
    "emergency": _("緊急の取出し"),
    "direct": _("直接取得"),
    "internal": _("内部利用"),
    "end": _("複製の終わり"),
    "imported": _("取込み"),
    "disposed": _("文書の廃棄"),
}
"""What a use can be, as the register is narrowed by."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """One line. Texts are as pages show them; empty is what the fact does not hold."""

    source: str
    key: str
    """Of the fact, within its source."""
    at: dt.datetime
    act: str
    """One of ACTS."""
    said: str
    """What was done, in the words of the app that holds the fact."""
    number: str
    """The case's."""
    case: str
    """The case's id, as ledger and vault call it."""
    href: str
    """The case's page."""
    person: int | None
    """Key of who did it; None: the office itself, or somebody named in `by` alone."""
    by: str
    ground: str = ""
    purpose: str = ""
    reason: str = ""
    cameras: tuple[str, ...] = ()
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    recipient: str = ""
    identity: str = ""
    """How the recipient's identity was checked, and by whom (印西 3(6))."""
    medium: str = ""
    digest: str = ""
    more: str = ""
    """What else the fact says: attendees, when a copy ends, what became of it."""

    @property
    def name(self) -> str:
        """How addresses and corrections name it."""
        return f"{self.source}-{self.key}"

    @property
    def numbered(self) -> str:
        """What leads to the case: a consultation has no number yet, and its link needs words."""
        return self.number or (_t("番号なし") if self.href else "")
