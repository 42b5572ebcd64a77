# SPDX-License-Identifier: AGPL-3.0-or-later
"""In a demo: a person's software key signs, through the same verification as a key in the hand."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _t

from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import OfficerId
from machimori.office.people.models import Person
from machimori.office.people.signing_in import keys
from machimori.office.people.softkey import SoftwareKey
from machimori.office.shared.config import config
from machimori.office.shared.errors import ActionRefusedError, Reason


def answer(person: Person, statement: Envelope | None) -> Mapping[str, Any]:
    """What a browser would answer for this statement.

    Raises ActionRefusedError outside a demo, without a statement, or if the person has no such key.
    """
    office = config()
    if not office.demo or statement is None:
        raise ActionRefusedError(
            _t("デモのキーでは署名できません"), Reason(text=_t("自分のキーで署名してください。"))
        )
    try:
        key = SoftwareKey.load(
            office.demo_keys, OfficerId(person.officer), origin=office.origin, host=office.host
        )
    except OSError as error:
        raise ActionRefusedError(
            _t("この人のデモ用のキーがありません"), Reason(text=_t("ほかの人を選んでください。"))
        ) from error
    found, _ = keys().begin_signature(person, statement.digest())
    return key.sign_in(found)
