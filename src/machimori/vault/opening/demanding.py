# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many officers of which posts must sign a statement: by the charter, or a scheme's rules."""

from collections.abc import Callable

from machimori.kernel.ids import CaseId, SchemeId
from machimori.vault.client.signers import HoldSigners, Signers
from machimori.vault.client.statements import (
    Authorisation,
    AuthorisationEnd,
    Delegation,
    EarlyDestruction,
    Hold,
    HoldEnd,
    Override,
    Rules,
    Statement,
    TimeStatement,
)
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.charter import Charter


def signers_of(
    statement: Statement,
    charter: Charter,
    rules_of: Callable[[SchemeId], Rules],
    held_for: Callable[[CaseId], str],
) -> Signers:
    """Who must sign. `rules_of` are a scheme's rules in force, `held_for` a case's ground of hold.

    Raises VaultRefusedError `no_rules`, or `no_hold_ground` for a hold on a ground that has none.
    """
    if isinstance(statement, Override | TimeStatement):
        return Signers(number=charter.override_signers, posts=charter.posts)
    if isinstance(statement, Delegation):
        return Signers(number=1, posts=statement.posts)
    if isinstance(statement, Authorisation):
        return _release(rules_of(statement.scheme), statement.ground)
    if isinstance(statement, AuthorisationEnd):
        # To take leave back is safe, and urgent: one of those who may give it is enough.
        return Signers(number=1, posts=_release(rules_of(statement.scheme), statement.ground).posts)
    if isinstance(statement, Hold):
        return hold_signers(rules_of(statement.scheme), statement.ground)
    if isinstance(statement, HoldEnd):
        rules = rules_of(statement.scheme)
        return rules.hold_posts.get(held_for(statement.case)) or _destruction(rules)
    if isinstance(statement, EarlyDestruction):
        return _destruction(rules_of(statement.scheme))
    return Signers(number=charter.quorum, posts=charter.posts)


def hold_signers(rules: Rules, ground: str) -> HoldSigners:
    """Who places a hold for this ground. Raises VaultRefusedError `no_hold_ground`."""
    found = rules.hold_posts.get(ground)
    if found is None:
        raise VaultRefusedError("no_hold_ground", "the rules know no hold for this ground")
    return found


def _release(rules: Rules, ground: str) -> Signers:
    if ground in rules.sole_signers:
        return Signers(number=1, posts=rules.sole_signers[ground])
    return rules.release_posts.get(ground) or Signers(
        number=rules.release_signers, posts=rules.signer_posts
    )


def _destruction(rules: Rules) -> Signers:
    return Signers(number=rules.destruction_signers, posts=rules.signer_posts)
