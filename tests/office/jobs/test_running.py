# SPDX-License-Identifier: AGPL-3.0-or-later
"""One job: what becomes of it, and what its row says meanwhile."""

import logging
from collections.abc import Callable

import pytest

from machimori.kernel.clock import ManualClock
from machimori.kernel.errors import UnavailableError
from machimori.kernel.instants import instant
from machimori.office.jobs.actions import defer
from machimori.office.jobs.models import Job, Progress
from machimori.office.jobs.registry import LaterError, Work, register
from machimori.office.jobs.running import ATTEMPTS, run
from machimori.office.jobs.testing import work_off


@pytest.fixture
def deferred(office: ManualClock) -> Callable[..., Job]:
    def make(task: Callable[[Work], None]) -> Job:
        register("of-this-test", task)
        return defer("of-this-test", subject="s-1", at=instant(office.now()))

    return make


def said(job: Job) -> Progress:
    return Progress.objects.get(pk=job.pk)


def test_a_job_tells_how_far_it_is_and_is_done_once(deferred: Callable[..., Job]) -> None:
    seen = []

    def task(work: Work) -> None:
        work.report(3, 7)
        seen.append((work.subject, work.attempt, said(job).done, said(job).total))

    job = deferred(task)
    assert [progress.state for progress in work_off("s-1")] == ["done"]
    assert run(job.pk) is None
    assert seen == [("s-1", 1, 3, 7)]


def test_what_is_not_there_yet_is_waited_for(deferred: Callable[..., Job]) -> None:
    errors = [LaterError("vault_closed", seconds=7), UnavailableError("the vault is down")]

    def task(work: Work) -> None:
        if errors:
            raise errors.pop(0)

    job = deferred(task)
    assert run(job.pk) == 7
    assert (said(job).state, said(job).reason) == ("waiting", "vault_closed")
    assert run(job.pk) == 30
    assert said(job).reason == "unavailable"
    assert run(job.pk) is None
    assert (said(job).state, said(job).attempts) == ("done", 3)


def test_a_defect_is_tried_again_then_given_up_and_logged_without_what_it_said(
    deferred: Callable[..., Job], caplog: pytest.LogCaptureFixture
) -> None:
    def task(work: Work) -> None:
        raise ValueError("山田 太郎")

    job = deferred(task)
    with caplog.at_level(logging.ERROR):
        assert [run(job.pk) for _ in range(ATTEMPTS)] == [2, 4, 8, 16, None]
    assert said(job).state == "failed"
    assert "ValueError in task of-this-test at task" in caplog.text
    assert "山田" not in caplog.text


def test_an_unknown_job_or_task_stops_no_worker(office: ManualClock) -> None:
    assert run("j-unknown") is None
    job = defer("nobody-knows-it", subject="s-2", at=instant(office.now()))
    assert run(job.pk) == 60
    assert said(job).reason == "unknown_task"
