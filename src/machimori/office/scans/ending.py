# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scans end with the records of their case; what no fact keeps ends after a day."""

from django.db import transaction

from machimori.office.jobs import registry
from machimori.office.people.acting import now
from machimori.office.scans import sealing
from machimori.office.scans.history import add, paper_of
from machimori.office.scans.models import Scan
from machimori.office.shared import stored


def erase_case(case: str) -> None:
    """Erase the scans of a case whose records are disposed of: each fact first, then the key."""
    for scan in Scan.objects.filter(about=case).select_related("scheme"):
        paper = paper_of(scan)
        if paper.state == "kept":
            with transaction.atomic():
                add(scan, paper, "disposed", {"sha256": paper.digest}, at=now(), by=None)
        sealing.erase(scan.pk)


def sweep() -> int:
    """Erase what a process that was killed left: files whose scan was erased, or was never
    committed; how many there were."""
    erased = 0
    for name in sealing.old_names():
        scan = Scan.objects.filter(pk=name).select_related("scheme").first()
        if scan is None or paper_of(scan).state == "erased":
            sealing.erase(name)
            erased += 1
    return erased


def _sweep() -> None:
    sweep()


def install() -> None:
    """Called once, when the app is ready."""
    registry.every("17 3 * * *", "scans.sweep", lambda _work: _sweep())
    stored.register("scans", erase_case)
