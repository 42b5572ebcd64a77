# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is to be done, and how far it has come. Who fetches it when is procrastinate's (`queue`)."""

import secrets
from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.shared.grants import FACT, Grants

STATES: Final[dict[str, Promise]] = {
    "waiting": _("順番を待っています"),
    "running": _("しています"),
    "done": _("終わりました"),
    "failed": _("できませんでした"),
}


def _new_id() -> str:
    return f"j-{secrets.token_hex(8)}"


class Job(models.Model):
    """One piece of work, deferred in the transaction of the fact that asks for it."""

    id = models.CharField(primary_key=True, max_length=63, default=_new_id)
    task = models.CharField(max_length=63)
    """Name of a registered task."""
    subject = models.CharField(max_length=63)
    """What it is about, such as a CaseId; jobs of one subject run one after another."""
    arguments = models.JSONField(default=dict)
    at = models.DateTimeField()

    grants = FACT

    class Meta:
        indexes = [models.Index(fields=["subject", "-at"], name="jobs_of_a_subject")]


class Progress(models.Model):
    """How far a job has come. The one row of a job that changes; it decides nothing."""

    job = models.OneToOneField(Job, models.PROTECT, primary_key=True, related_name="progress")
    state = models.CharField(max_length=10, default="waiting")
    attempts = models.PositiveIntegerField(default=0)
    """How often a worker has begun it."""
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    """In the task's own unit; 0 while it is not known."""
    reason = models.CharField(max_length=40, blank=True)
    """Why it waits again or failed: a word of the task's, for pages to put into a sentence."""
    at = models.DateTimeField()

    grants = Grants(update=("state", "attempts", "done", "total", "reason", "at"))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="jobs_state")
        ]

    @property
    def over(self) -> bool:
        """Whether nobody will go on with it by themselves."""
        return self.state in ("done", "failed")

    @property
    def text(self) -> Promise:
        """Its state in words."""
        return STATES[self.state]
