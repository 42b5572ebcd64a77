# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name, and what it adds to the first page and to signing in."""

from django.apps import AppConfig


class RulesConfig(AppConfig):
    """Rules."""

    name = "machimori.office.rules"

    def ready(self) -> None:
        """Register what waits, and the rules of passwords and posts, once models can be asked."""
        from machimori.office.people.rules import take_password_rules_from, take_post_rules_from
        from machimori.office.rules import appointing, passwords, work

        work.install()
        take_password_rules_from(passwords.rule_of)
        take_post_rules_from(appointing.rule_of)
