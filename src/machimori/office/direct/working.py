# SPDX-License-Identifier: AGPL-3.0-or-later
"""What direct acquisition has workers do: fetch what was signed for, make the package, end it."""

import datetime as dt

from machimori.evidence.errors import NotDeliverableError
from machimori.kernel.errors import MachimoriError, RefusedError, UnavailableError
from machimori.ledger.errors import NotIncludedError
from machimori.office.direct.history import file_of
from machimori.office.direct.models import Case
from machimori.office.direct.requesting import PACKAGE
from machimori.office.direct.taking import LONGEST, OWNER, base_of, fail, finish, make_package
from machimori.office.handover import owners
from machimori.office.handover.packing import discard_parts
from machimori.office.jobs import registry
from machimori.office.jobs.registry import LaterError, Work
from machimori.office.jobs.running import ATTEMPTS
from machimori.office.people.acting import Acting, now
from machimori.office.people.models import Person


def make(work: Work) -> None:
    """Make the package of an acquisition that was signed.

    What is refused or not recorded becomes a fact with its reason (`refused`, `nothing`, `other`),
    and so does a defect at the last attempt; what is not available is tried again.
    """
    file = file_of(Case.objects.select_related("scheme").get(pk=work.subject))
    signed = file.facts[-1]
    if signed.kind != "signed":
        return
    try:
        made = make_package(file, work.report)
    except UnavailableError:
        raise
    except NotIncludedError as error:
        raise LaterError("ledger") from error
    except Exception as error:
        if not isinstance(error, MachimoriError) and work.attempt < ATTEMPTS:
            raise
        discard_parts(base_of(file))
        fail(file, _word(error), acting=_acting(file.case, signed.by))
        return
    finish(file, made, acting=_acting(file.case, signed.by))


def _acting(case: Case, person: Person) -> Acting:
    return Acting(person=person, scheme=case.scheme, posts=frozenset(), at=now())


def _word(error: Exception) -> str:
    if isinstance(error, NotDeliverableError):
        return "nothing"
    return "refused" if isinstance(error, RefusedError) else "other"


def _wanted(name: str, at: dt.datetime) -> bool:
    """Whether the station may still fetch this package."""
    case = Case.objects.select_related("scheme").filter(pk=name.split(".")[1]).first()
    if case is None:
        return False
    last = file_of(case).facts[-1]
    return last.kind == "signed" or (last.state == "acquired" and at - last.at <= LONGEST)


def install() -> None:
    """Called once, when the app is ready."""
    registry.register(PACKAGE, make)
    owners.register(OWNER, _wanted)
