# SPDX-License-Identifier: AGPL-3.0-or-later
"""For tests of whatever goes by the rules: profiles with all proposals adopted, short requests."""

import datetime as dt
from typing import Any

from machimori.kernel.instants import TOKYO
from machimori.policy.adoption import Adoption, adopt_recommended, in_force
from machimori.policy.answers import Value
from machimori.policy.decisions import decide
from machimori.policy.document import ProfileId
from machimori.policy.profile import Profile, bundled
from machimori.policy.requests import Act, Request
from machimori.policy.weighing import Decision

DAY = dt.date(2026, 4, 1)
NOON = dt.datetime(2026, 5, 14, 12, tzinfo=TOKYO)
ORDINARY = frozenset(("body", "name", "contact", "case", "purpose", "place", "time", "reason"))
CHECKED = frozenset(("within_retention", "identifiable"))
RECORD = frozenset(("time", "recipient", "content", "reason", "purpose"))


def document(name: str) -> Profile:
    return bundled(ProfileId(name))


def adopted(name: str) -> Profile:
    """The profile with every proposal adopted on `DAY`."""
    return with_proposals(document(name))


def with_proposals(profile: Profile) -> Profile:
    adoptions = adopt_recommended(profile, decision="総第12号", adopted_on=DAY, effective_from=DAY)
    return in_force(profile, adoptions, DAY)


def adoption(key: str, value: Value, effective_from: dt.date = DAY) -> Adoption:
    return Adoption(
        key=key,
        value=value,
        reason="市の事情による",
        decision="総第12号",
        adopted_on=DAY,
        effective_from=effective_from,
    )


def ask(profile: Profile, act: Act, post: str, /, **facts: Any) -> Decision:
    """Decide at noon of an ordinary Thursday, in office hours unless `hours` says otherwise."""
    ordinary: dict[str, Any] = {"at": NOON, "hours": "open"}
    return decide(profile, Request(act=act, post=post, **(ordinary | facts)))


def codes(decision: Decision) -> set[str]:
    return {reason.code for reason in decision.reasons}


def clauses(decision: Decision) -> set[str]:
    return {reason.clause for reason in decision.reasons if reason.clause}
