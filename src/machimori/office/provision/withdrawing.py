# SPDX-License-Identifier: AGPL-3.0-or-later
"""An approval that ended is taken back at the vault too, before `valid_to`.

The office refuses a case that has ended; whoever had the approval, the reader's secret and the
ledger could still ask the vault. So a statement of those who may approve ends the approval there.
"""

import datetime as dt
import secrets
from typing import Final

from machimori.kernel.instants import micros
from machimori.office.custody import letters
from machimori.office.custody.models import Letter
from machimori.office.deputies.access import standing_in
from machimori.office.people.acting import Acting
from machimori.office.provision.history import File
from machimori.office.provision.keeping import OWNER
from machimori.office.provision.states import State
from machimori.policy.profile import Profile
from machimori.vault.client.statements import Authorisation, AuthorisationEnd

_REASONS: Final[dict[State, str]] = {
    "revoked": "revoked",
    "withdrawn": "withdrawn",
    "not_found": "not-found",
    "refused": "refused",
    "closed": "closed",
}


def draft(file: File, *, acting: Acting) -> Letter | None:
    """The statement that ends the case's approval; None if there is none, or it is over."""
    envelope, reason = file.approval, _REASONS.get(file.state)
    if envelope is None or reason is None:
        return None
    said = Authorisation.decode(envelope)
    if said.valid_to < micros(acting.at):
        return None
    return letters.draft(
        AuthorisationEnd(
            authorisation=envelope.digest().hex(),
            case=said.case,
            scheme=said.scheme,
            ground=said.ground,
            reason=reason,
            nonce=secrets.token_hex(16),
        ),
        scheme=file.case.scheme,
        owner=OWNER,
        about=file.case.pk,
        needed=1,
        acting=acting,
    )


def owed(file: File, at: dt.datetime) -> Letter | None:
    """The statement that waits for a signature, while the approval would still open anything."""
    envelope = file.approval
    found = letters.about(OWNER, file.case.pk, AuthorisationEnd) if envelope else []
    if envelope is None or not found or found[-1].taken:
        return None
    return found[-1] if Authorisation.decode(envelope).valid_to >= micros(at) else None


def may_sign(acting: Acting, rules: Profile) -> bool:
    """Whether the acting person decides, or stands in for who does."""
    posts = rules.names("acts.decide") or ()
    return not acting.posts.isdisjoint(posts) or standing_in(acting) is not None
