# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deferring: how an app has something done, together with the fact that asks for it."""

import datetime as dt
from collections.abc import Mapping

from django.db import connection, transaction
from psycopg import Connection

from machimori.kernel.canonical import Json
from machimori.office.jobs import queue
from machimori.office.jobs.models import Job, Progress
from machimori.office.shared.errors import ActionError


def defer(
    task: str, *, subject: str, at: dt.datetime, arguments: Mapping[str, Json] | None = None
) -> Job:
    """Have a registered task done as soon as this transaction commits, and never if it does not.

    `arguments` hold ids and numbers, nothing that was typed. Raises ActionError outside an atomic
    block.
    """
    if not transaction.get_connection().in_atomic_block:
        raise ActionError(
            "a job is deferred inside the transaction of its fact",
            where=task,
            remedy="wrap the action in transaction.atomic()",
        )
    job = Job.objects.create(task=task, subject=subject, arguments=dict(arguments or {}), at=at)
    Progress.objects.create(job=job, at=at)
    raw = connection.connection
    assert isinstance(raw, Connection)
    queue.put(raw, job.pk, lock=subject)
    return job


def latest(task: str, subject: str) -> Progress | None:
    """How far the last job of this task about this subject has come."""
    found = Progress.objects.filter(job__task=task, job__subject=subject)
    return found.select_related("job").order_by("-job__at", "-job__pk").first()
