# SPDX-License-Identifier: AGPL-3.0-or-later
"""旭川's rules with a round, for tests: drafts that go round, who agrees to them."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from machimori.kernel.clock import ManualClock
from machimori.office.people.models import Person
from machimori.office.provision.history import File
from machimori.office.provision.testing import Desk
from machimori.office.rules import access as rules_access
from machimori.office.rules import actions as rules_actions
from machimori.office.shared.posts import Post
from machimori.policy.answers import Value
from machimori.policy.rounds import KEYS

CHECKS = ["within_retention", "identifiable"]
NOTE = "範囲は必要な分だけです"


@dataclass(frozen=True, kw_only=True)
class Round:
    """旭川's rules with a round of these posts, and its people."""

    desk: Desk
    clerk: Person
    """Who takes in and drafts."""

    @classmethod
    def of(
        cls, office: ManualClock, *posts: Post, profile: str = "asahikawa", **said: Value
    ) -> "Round":
        """From tomorrow drafts go round; it is tomorrow."""
        desk = Desk.of(office, profile=profile)
        acting = desk.cast.acting(desk.manager)
        today = rules_access.today(acting)
        act = rules_actions.Act(
            number="総第2号", adopted_on=today, effective_from=today + dt.timedelta(days=1)
        )
        for key, value in [*zip(KEYS, posts, strict=False), *said.items()]:
            rules_actions.adopt(key, value, reason="回議する", act=act, acting=acting)
        office.advance(86_400)
        return cls(desk=desk, clerk=desk.cast.person("handling_supervisor"))

    def drafted(self, **typed: Any) -> File:
        """A draft of the clerk's."""
        file = self.desk.take_in(**{"ground": "law"} | typed)
        self.desk.post(file, "draft", self.clerk, checks=CHECKS)
        return self.desk.again(file, "under_decision")

    def agree(self, file: File, person: Person, **typed: Any) -> str:
        """Read the draft on its page, and agree to what the page showed."""
        page = self.desk.read(file, "round", person)
        shown = re.search(r'name="draft" value="([^"]*)"', page)
        return self.desk.post(file, "round", person, **{"draft": shown[1] if shown else ""} | typed)

    def today(self, person: Person) -> str:
        """きょうの仕事 of this person."""
        return self.desk.browser(person).get("/").content.decode()
