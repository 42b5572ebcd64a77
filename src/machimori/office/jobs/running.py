# SPDX-License-Identifier: AGPL-3.0-or-later
"""Running one job: its task, its progress, and what becomes of it when it fails.

Exceptions are logged by type and place in the code: their texts may hold what somebody typed.
"""

import logging
import time
import traceback
from collections.abc import Callable
from typing import Final

from machimori.kernel.clock import Clock
from machimori.kernel.errors import UnavailableError
from machimori.kernel.instants import instant
from machimori.office.jobs.models import Job, Progress
from machimori.office.jobs.registry import LaterError, Report, Work, task_of
from machimori.office.shared.engine import engine

ATTEMPTS: Final = 5
"""Begun so often, a job that fails by a defect is given up and says so."""
_EVERY: Final = 0.5
"""Seconds between two rows of progress."""
_log = logging.getLogger("machimori.office.jobs")


def run(job_id: str) -> int | None:
    """Do this job now. Seconds after which to begin it again; None if it is over.

    A job that is over, or that this database does not know, is passed over.
    """
    job = Job.objects.select_related("progress").filter(pk=job_id).first()
    if job is None or job.progress.over:
        return None
    clock = engine().clock
    task = task_of(job.task)
    if task is None:
        _log.error("no task %s: this worker is older or newer than the office", job.task)
        return _later(job.progress, clock, "unknown_task", 60)
    attempt = job.progress.attempts + 1
    _say(job.progress, clock, state="running", attempts=attempt, reason="", done=0, total=0)
    try:
        task(
            Work(
                id=job.pk,
                subject=job.subject,
                arguments=job.arguments,
                attempt=attempt,
                report=_reporting(job.progress, clock, time.monotonic),
            )
        )
    except LaterError as error:
        return _later(job.progress, clock, error.reason, error.seconds)
    except UnavailableError as error:
        _log.warning("%s waits: %s", job.task, type(error).__name__)
        return _later(job.progress, clock, "unavailable", 30)
    except Exception as error:  # whatever it is, the job's row must say so
        _defect(job.task, error)
        if attempt < ATTEMPTS:
            return _later(job.progress, clock, "failed", 2**attempt)
        _say(job.progress, clock, state="failed", reason="failed")
        return None
    _say(job.progress, clock, state="done", reason="")
    return None


def once(name: str) -> None:
    """Do what this periodic task finds to do now. A failure is logged; the next time comes."""
    task = task_of(name)
    assert task is not None
    try:
        task(Work(id="", subject=name, arguments={}, attempt=1, report=lambda done, total: None))
    except (LaterError, UnavailableError) as error:
        _log.warning("%s waits: %s", name, type(error).__name__)
    except Exception as error:  # a worker outlives a defect of one task
        _defect(name, error)


def _defect(task: str, error: Exception) -> None:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    _log.error("%s in task %s at %s:%s", type(error).__name__, task, frame.name, frame.lineno)


def _later(progress: Progress, clock: Clock, reason: str, seconds: int) -> int:
    _say(progress, clock, state="waiting", reason=reason)
    return seconds


def _reporting(progress: Progress, clock: Clock, monotonic: Callable[[], float]) -> Report:
    last = -_EVERY

    def report(done: int, total: int) -> None:
        nonlocal last
        if monotonic() - last >= _EVERY or done >= total:
            last = monotonic()
            _say(progress, clock, done=done, total=total)

    return report


def _say(progress: Progress, clock: Clock, **values: str | int) -> None:
    for name, value in values.items():
        setattr(progress, name, value)
    progress.at = instant(clock.now())
    progress.save(update_fields=[*values, "at"])
