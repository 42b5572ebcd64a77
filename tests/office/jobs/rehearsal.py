# SPDX-License-Identifier: AGPL-3.0-or-later
"""A worker's process whose task stands still at a line, until somebody kills it there.

`python rehearsal.py OFFICE DIRECTORY`. The task says in DIRECTORY that it stands, and goes on once
there is a file `go`.
"""

import sys
import time
from pathlib import Path

from machimori.office.site.work import set_up

OFFICE, DIRECTORY = map(Path, sys.argv[1:])
CONNINFO = set_up(OFFICE)

# Models can be imported from here on.
from machimori.office.jobs import registry, worker  # noqa: E402
from machimori.office.jobs.models import Job  # noqa: E402


def stand(name: str) -> None:
    (DIRECTORY / name).touch()
    while not (DIRECTORY / "go").exists():
        time.sleep(0.05)


def effect(work: registry.Work) -> None:
    work.report(1, 2)
    if Job.objects.filter(task="effect", subject=work.subject).exists():
        return
    if work.arguments["where"] == "before":
        stand(work.id)
    Job.objects.create(task="effect", subject=work.subject, at="2026-05-14T01:00Z")
    if work.arguments["where"] == "after":
        stand(work.id)
    work.report(2, 2)


registry.register("rehearsal", effect)
worker.work(CONNINFO)
