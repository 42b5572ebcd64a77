# SPDX-License-Identifier: AGPL-3.0-or-later
"""Passwords as a scheme's rules have them today (堺 10(2): ID and password, changed regularly)."""

from dataclasses import replace

from machimori.office.people.models import Scheme
from machimori.office.people.rules import PASSWORDS, PasswordRule
from machimori.office.rules.access import in_force
from machimori.office.shared.pages import today
from machimori.policy.profile import Profile


def rule_of(scheme: Scheme) -> PasswordRule:
    """The rule of this scheme. Where a change is asked for but its interval is not decided yet,
    the product's own interval holds, which is shorter than any that it recommends."""
    return rule_in(in_force(scheme, today()))


def rule_in(rules: Profile) -> PasswordRule:
    """What these rules say of passwords."""
    changed = rules.flag("access.rotation")
    return replace(
        PASSWORDS,
        allowed=rules.flag("access.id_and_password") is not False,
        days=(rules.number("access.rotation_days") or PASSWORDS.days) if changed else None,
    )
