# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tasks by name: what an app registers, so that a worker process knows what a job means.

A task may be begun more than once: a worker can die after any line. It therefore looks first at
what its facts say, and its visible effect is one transaction that a second run refuses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from machimori.office.shared.errors import ActionError

Report = Callable[[int, int], None]
"""Told how much is done, of how much."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """A job as its task sees it."""

    id: str
    subject: str
    arguments: Mapping[str, Any]
    attempt: int
    """1 for the first."""
    report: Report


class LaterError(ActionError):
    """The task cannot go on now: it is begun again in a while. `reason` is a word for pages."""

    def __init__(self, reason: str, *, seconds: int = 30) -> None:
        super().__init__("this job goes on later", where=reason)
        self.reason = reason
        self.seconds = seconds


Task = Callable[[Work], None]
_tasks: Final[dict[str, Task]] = {}
_periodic: Final[dict[str, str]] = {}


def register(name: str, task: Task) -> None:
    """Let workers do jobs of this name; registering it again replaces it."""
    _tasks[name] = task


def every(cron: str, name: str, task: Task) -> None:
    """Have this done at the times of a crontab line, once for all workers together."""
    register(name, task)
    _periodic[name] = cron


def task_of(name: str) -> Task | None:
    """The task of this name."""
    return _tasks.get(name)


def periodic() -> Mapping[str, str]:
    """Crontab lines by task."""
    return dict(_periodic)
