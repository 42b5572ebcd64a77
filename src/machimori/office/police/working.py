# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the police's side has workers do: the package of an emergency extraction, and its end."""

import datetime as dt

from machimori.kernel.errors import MachimoriError, UnavailableError
from machimori.office.handover import owners
from machimori.office.handover.packing import discard_parts, pack
from machimori.office.handover.working import why
from machimori.office.jobs import registry
from machimori.office.jobs.registry import Work
from machimori.office.jobs.running import ATTEMPTS
from machimori.office.people.acting import Acting, now
from machimori.office.police.history import file_of
from machimori.office.police.models import Extraction
from machimori.office.police.taking import (
    LONGEST,
    OWNER,
    PACKAGE,
    base_of,
    fail,
    finish,
    order_of,
)


def make(work: Work) -> None:
    """Make the package that the extraction's last fact asks for; as `handover.working.make`."""
    file = file_of(Extraction.objects.select_related("scheme").get(pk=work.subject))
    begun = file.facts[-1]
    if begun.kind != "begun":
        return
    acting = Acting(person=begun.by, scheme=file.extraction.scheme, posts=frozenset(), at=now())
    try:
        made = pack(base_of(file), file.extraction.case_id, order_of(file), progress=work.report)
    except UnavailableError:
        raise
    except Exception as error:
        if not isinstance(error, MachimoriError) and work.attempt < ATTEMPTS:
            raise
        discard_parts(base_of(file))
        fail(file, why(error), acting=acting)
        return
    finish(file, made[0], acting=acting)


def _wanted(name: str, at: dt.datetime) -> bool:
    """Whether the station may still fetch this package."""
    _, extraction, rest = name.split(".")
    found = Extraction.objects.select_related("scheme").filter(pk=extraction).first()
    if found is None:
        return False
    file = file_of(found)
    last = file.facts[-1]
    if last.kind == "begun":
        return rest == f"{last.serial}-1"
    return last.kind == "extracted" and at - last.at <= LONGEST


def install() -> None:
    """Called once, when the app is ready."""
    registry.register(PACKAGE, make)
    owners.register(OWNER, _wanted)
