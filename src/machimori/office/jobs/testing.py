# SPDX-License-Identifier: AGPL-3.0-or-later
"""Doing waiting jobs in a test's own process and transaction. Supported code, for other apps."""

from machimori.office.jobs.models import Progress
from machimori.office.jobs.running import run


def work_off(subject: str) -> list[Progress]:
    """Begin every waiting job about this subject once; how far each has come."""
    waiting = Progress.objects.filter(job__subject=subject, state="waiting")
    names = list(waiting.order_by("job__at").values_list("job_id", flat=True))
    for name in names:
        run(name)
    return list(Progress.objects.filter(job__in=names).order_by("job__at"))
