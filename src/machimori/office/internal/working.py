# SPDX-License-Identifier: AGPL-3.0-or-later
"""What internal use has workers do: the package of a copy, and its end."""

import datetime as dt

from machimori.kernel.errors import MachimoriError, UnavailableError
from machimori.office.handover import owners
from machimori.office.handover.packing import discard_parts, pack
from machimori.office.handover.working import why
from machimori.office.internal.copying import (
    LONGEST,
    OWNER,
    PACKAGE,
    base_of,
    fail,
    finish,
    making,
    ready,
)
from machimori.office.internal.history import file_of
from machimori.office.internal.models import Use
from machimori.office.jobs import registry
from machimori.office.jobs.registry import Work
from machimori.office.jobs.running import ATTEMPTS
from machimori.office.people.acting import Acting, now


def make(work: Work) -> None:
    """Make the package that the use's last fact about copies asks for; as
    `handover.working.make`."""
    file = file_of(Use.objects.select_related("scheme", "numbered").get(pk=work.subject))
    begun = file.latest("copying")
    if begun is None or not making(file):
        return
    acting = Acting(person=begun.by, scheme=file.use.scheme, posts=frozenset(), at=now())
    try:
        made = pack(base_of(file), file.use.case_id, file.order(), progress=work.report)
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
    """Whether the package is still to be made or written."""
    _, use, rest = name.split(".")
    found = Use.objects.select_related("scheme").filter(pk=use).first()
    file = file_of(found) if found else None
    begun = file.latest("copying") if file else None
    if file is None or begun is None or rest != f"{begun.serial}-1":
        return False
    return (making(file) or ready(file)) and at - file.facts[-1].at <= LONGEST


def install() -> None:
    """Called once, when the app is ready."""
    registry.register(PACKAGE, make)
    owners.register(OWNER, _wanted)
