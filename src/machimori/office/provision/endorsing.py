# SPDX-License-Identifier: AGPL-3.0-or-later
"""後閲: the manager reads what a deputy decided, and makes an approval that still opens their own.

The vault judges a deputy's signature at each opening by the delegation that is in force then, so
that with its last day the approval opens nothing. The manager signs the same statement: same
digest, cameras, interval, openings. From then on it stands on their signature (adr/0909).
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.instants import micros
from machimori.office.deputies.access import deputies_now
from machimori.office.people.acting import Acting
from machimori.office.people.signing_in import signature_of
from machimori.office.provision.deciding import check_decides_at_all
from machimori.office.provision.history import File, add, check_state
from machimori.office.provision.states import ENDED
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.vault.client.statements import Authorisation

_NOTE: Final = 500
"""Letters of what the manager notes, as in the form."""


def asked_for(file: File, acting: Acting) -> Literal["", "read", "sign"]:
    """What a manager still owes a deputy's decision: to read it, or to sign it too."""
    if file.state == "under_decision":
        return ""
    if not _endorsed(file) and _in_use(file, acting):
        return "sign"
    last = file.latest("deputised", "reviewed")
    return "read" if last is not None and last.kind == "deputised" else ""


def opens_no_longer(file: File, acting: Acting) -> bool:
    """Whether the vault refuses this approval because who signed it deputises no longer."""
    if asked_for(file, acting) != "sign":
        return False
    now = deputies_now(acting)
    return any(one.kind == "deputised" and one.by_id not in now for one in file.signatures)


@transaction.atomic
def review(file: File, *, note: str, acting: Acting) -> File:
    """後閲する: the manager has seen what a deputy decided, which opens nothing (any more).

    Raises ActionRefusedError if there is nothing to review, or it is to be signed.
    """
    heading = _t("後閲できません")
    _check(file, acting, heading)
    if asked_for(file, acting) == "sign":
        raise ActionRefusedError(
            heading, Reason(text=_t("この承認はまだ使えます。キーで署名して後閲してください。"))
        )
    return add(file.case, file, "reviewed", {"note": note.strip()}, acting=acting)


@transaction.atomic
def endorse(file: File, response: Mapping[str, Any], *, acting: Acting) -> File:
    """後閲の署名をする: the manager signs the statement that the deputy signed.

    `response` is the browser's assertion over its digest, with the manager's `note`. Raises
    ActionRefusedError if there is nothing to sign, the manager has signed it already, or the key's
    signature is not over this statement.
    """
    heading = _t("後閲できません")
    _check(file, acting, heading)
    statement = file.statement
    if asked_for(file, acting) != "sign" or statement is None:
        raise ActionRefusedError(heading, Reason(text=_t("署名を待つ代決はありません。")))
    check_decides_at_all(file, acting, heading)
    if has_signed(file, acting):
        raise ActionRefusedError(
            heading,
            Reason(text=_t("あなたはこの承認に署名しています。ほかの管理責任者が後閲します。")),
        )
    signed = statement.with_signature(signature_of(acting.person, statement, response))
    data = {
        "envelope": canonical.b64(signed.encode()),
        "note": str(response.get("note", "")).strip()[:_NOTE],
    }
    return add(file.case, file, "reviewed", data, acting=acting)


def may_endorse(file: File, acting: Acting) -> bool:
    """Whether it is the acting person's to sign what opens no longer."""
    may = acting.holds("system_manager") and not has_signed(file, acting)
    return may and opens_no_longer(file, acting)


def has_signed(file: File, acting: Acting) -> bool:
    """Whether the acting person's own signature is under the approval."""
    return any(one.by_id == acting.person.pk for one in file.signatures)


def _check(file: File, acting: Acting, heading: str) -> None:
    check_state(file, "reviewed")
    if not asked_for(file, acting):
        raise ActionRefusedError(heading, Reason(text=_t("後閲を待つ代決はありません。")))
    if not acting.holds("system_manager"):
        raise ActionRefusedError(heading, Reason(text=_t("後閲するのは管理責任者です。")))


def _in_use(file: File, acting: Acting) -> bool:
    """Whether the case has an approval that may still be used."""
    approval = file.approval
    if approval is None or file.state in (*ENDED, "closed"):
        return False
    return micros(acting.at) <= Authorisation.decode(approval).valid_to


def _endorsed(file: File) -> bool:
    """Whether the approval stands on signatures of those who decide themselves."""
    return all(one.kind != "deputised" for one in file.signatures) or bool(file.endorsements)
