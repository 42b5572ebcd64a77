# SPDX-License-Identifier: AGPL-3.0-or-later
"""The browsers of a demo's people while its past is made."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client


class Browser(Client):
    """A browser that stays where it is: the page to which an act leads would cost as much as the
    act, and nobody would read it. The case's state says whether the act was accepted."""

    def __init__(self, *, last: "LastAnswer", **options: Any) -> None:
        super().__init__(**options)
        self._last = last

    def post(self, path: Any, *args: Any, **options: Any) -> Any:
        """As `Client.post`, never following."""
        answer = super().post(path, *args, **options | {"follow": False})
        self._last.browser, self._last.answer = self, answer
        return answer


@dataclass(kw_only=True)
class LastAnswer:
    """What the office answered last to anybody of a scheme."""

    browser: Client | None = field(default=None, repr=False)
    answer: Any = None

    def refused(self) -> str:
        """What the page refuses, for whoever finds that a story did not go on; empty if nothing."""
        answer = self.answer
        if answer is None or self.browser is None:
            return ""
        if answer.status_code == 302:
            answer = self.browser.get(answer["Location"])
        page = answer.content.decode()
        found = re.findall(r'(?s)(?:role="alert"|class="error").*?</div>', page)
        return " ".join(re.sub(r"<[^>]*>", " ", " ".join(found)).split())[:500]
