# SPDX-License-Identifier: AGPL-3.0-or-later
"""Workers that are killed: nothing is lost, and what was done is not done again."""

import contextlib
import datetime as dt
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import transaction

from machimori.kernel.durable import Disk
from machimori.ledger.testing import LedgerProcess
from machimori.office.jobs.actions import defer, latest
from machimori.office.jobs.models import Job
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.errors import ActionError

pytestmark = pytest.mark.long

AT = dt.datetime(2026, 5, 14, 1, 0, tzinfo=dt.UTC)


@contextlib.contextmanager
def worker(office: OfficeConfig, directory: Path) -> "Iterator[subprocess.Popen[bytes]]":
    script = Path(__file__).with_name("rehearsal.py")
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, str(script), str(office.directory), str(directory)],
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, -signal.SIGKILL), (directory / "log").read_text()


def until(directory: Path, found: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, (directory / "log").read_text()
        time.sleep(0.05)


def asked(where: str) -> Job:
    with transaction.atomic():
        return defer(
            "rehearsal",
            subject=f"s-{secrets.token_hex(4)}",
            at=AT,
            arguments={"where": where},
        )


def is_over(job: Job) -> bool:
    found = latest("rehearsal", job.subject)
    return found is not None and found.over


def test_a_killed_worker_s_jobs_are_finished_by_another_within_a_minute_and_once(
    database: LedgerProcess, office_config: OfficeConfig, tmp_path: Path
) -> None:
    office_config.save(Disk())
    with transaction.atomic():
        never = defer("rehearsal", subject="s-never", at=AT, arguments={"where": "before"})
        transaction.set_rollback(True)
    before, after = asked("before"), asked("after")
    with worker(office_config, tmp_path) as first:
        until(tmp_path, lambda: (tmp_path / before.pk).exists(), 60)
        until(tmp_path, lambda: (tmp_path / after.pk).exists(), 60)
        with worker(office_config, tmp_path):
            first.kill()
            killed = time.monotonic()
            (tmp_path / "go").touch()
            until(tmp_path, lambda: is_over(before) and is_over(after), 60)
            assert time.monotonic() - killed < 60
            last = asked("nowhere")
            until(tmp_path, lambda: is_over(last), 10)
    for job, attempts in ((before, 2), (after, 2), (last, 1)):
        progress = latest("rehearsal", job.subject)
        assert progress is not None
        assert (progress.state, progress.attempts) == ("done", attempts)
        assert Job.objects.filter(task="effect", subject=job.subject).count() == 1
    assert not Job.objects.filter(pk=never.pk).exists()
    assert not (tmp_path / never.pk).exists()


def test_a_job_is_deferred_with_its_fact_or_not_at_all(database: LedgerProcess) -> None:
    with pytest.raises(ActionError, match="inside the transaction"):
        defer("rehearsal", subject="s-alone", at=AT)
