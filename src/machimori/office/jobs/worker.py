# SPDX-License-Identifier: AGPL-3.0-or-later
"""The worker: takes jobs from the queue until it is told to stop, and takes up those of the dead.

A worker's heart beats every few seconds. What was begun by one whose heart stands still, or who
was pruned, goes back into the queue, so that a job whose worker was killed is begun again within
half a minute. Several workers may run, on several machines.
"""

import asyncio
import contextlib
import logging
import signal
from functools import partial
from typing import Final

from django.db import connections
from procrastinate import App, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy
from psycopg.conninfo import make_conninfo
from psycopg_pool import PoolTimeout

from machimori.office.jobs import queue, registry, running

BEAT: Final = 5.0
"""Seconds between two heartbeats."""
DEAD: Final = 20.0
"""Seconds without one, after which a worker counts as dead."""
_LOOK: Final = 5.0
"""Seconds between two looks for jobs of the dead, and before a lost database is tried again."""
_CONNECTIONS: Final = 4
_log = logging.getLogger("machimori.office.jobs")


class _AgainError(Exception):
    """The job is to be begun again after so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


class _Again(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        del job
        if isinstance(exception, _AgainError):
            return RetryDecision(retry_in={"seconds": exception.seconds})
        return None


def work(conninfo: str, *, concurrency: int = 2) -> None:
    """Work until SIGTERM or Ctrl-C; what is running then is finished first.

    Django is configured, the engine installed. A database that is lost is waited for.
    """
    # Its lines hold what a task was called with, and the texts of exceptions.
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    asyncio.run(_work(make_conninfo(conninfo, options="-c search_path=jobs"), concurrency))


async def _work(conninfo: str, concurrency: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    while not stop.is_set():
        app = _app(conninfo)
        try:
            async with app.open_async():
                await _until_stopped(app, stop, concurrency)
        except (ProcrastinateException, PoolTimeout, OSError) as error:
            _log.warning("the database does not answer (%s)", type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK)


def _app(conninfo: str) -> App:
    app = App(connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=_CONNECTIONS))
    app.task(name=queue.RUN, queue=queue.QUEUE, retry=_Again())(_run)
    for name, cron in registry.periodic().items():
        task = app.task(name=f"{queue.PERIODIC}.{name}", queue=queue.QUEUE, lock=name)
        app.periodic(cron=cron)(task(partial(_once, name)))
    return app


async def _until_stopped(app: App, stop: asyncio.Event, concurrency: int) -> None:
    """Work until told to stop, or until the database is lost."""
    worker = asyncio.ensure_future(
        app.run_worker_async(
            concurrency=concurrency,
            update_heartbeat_interval=BEAT,
            stalled_worker_timeout=DEAD,
            delete_jobs="successful",
            install_signal_handlers=False,
        )
    )
    others = {asyncio.ensure_future(_take_up(app)), asyncio.ensure_future(stop.wait())}
    await asyncio.wait({worker, *others}, return_when=asyncio.FIRST_COMPLETED)
    # Cancelled, a worker finishes what it has begun and takes nothing new.
    for task in (*others, worker):
        task.cancel()
    for ended in await asyncio.gather(worker, *others, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


async def _take_up(app: App) -> None:
    """Put back what the dead had begun, again and again."""
    while True:
        await app.job_manager.prune_stalled_workers(DEAD)
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD):
            _log.warning("a worker died: its job is begun again")
            await app.job_manager.retry_job(job)
        await asyncio.sleep(_LOOK)


def _run(job: str) -> None:
    """One job, in a thread of its own, with database connections that end with it."""
    try:
        seconds = running.run(job)
    finally:
        connections.close_all()
    if seconds is not None:
        raise _AgainError(seconds)


def _once(name: str, timestamp: int) -> None:
    """What is due now, likewise. If it fails, the next time comes."""
    del timestamp
    try:
        running.once(name)
    finally:
        connections.close_all()
