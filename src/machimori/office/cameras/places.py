# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a scheme publishes where its cameras stand, in words for the head of the register."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.people.models import Scheme
from machimori.office.rules.access import in_force

_WORDS: Final[dict[str | None, Promise]] = {
    "exact": _("設置場所は公表します。"),
    "area": _("設置場所は区域だけを公表します。この一覧は外へ出さないでください。"),
    "hidden": _("設置場所は公表しません。この一覧は外へ出さないでください。"),
    None: _(
        "設置場所を公表するかが決まっていません。決まるまで、この一覧は外へ出さないでください。"
    ),
}


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What is said about places, and the clause that says it; empty where none does."""

    text: Promise
    clause: str


def publication(scheme: Scheme, on: dt.date) -> Publication:
    """What the rules of this day say (`locations.visibility`).

    Raises PolicyError if no profile of the scheme's ships.
    """
    answer = in_force(scheme, on).answer("locations.visibility")
    value = answer.value if isinstance(answer.value, str) else None
    return Publication(text=_WORDS[value], clause=answer.clause if value else "")
