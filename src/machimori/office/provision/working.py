# SPDX-License-Identifier: AGPL-3.0-or-later
"""What provision has workers do: the evidence package of an extraction."""

from machimori.kernel.errors import MachimoriError, UnavailableError
from machimori.office.jobs import registry
from machimori.office.jobs.registry import Work
from machimori.office.people.acting import Acting, now
from machimori.office.provision.extracting import PACKAGE, fail, finish
from machimori.office.provision.history import file_of
from machimori.office.provision.models import Case
from machimori.office.provision.orders import part_of
from machimori.office.provision.packages import discard, make_package
from machimori.office.shared.errors import ActionRefusedError


def make(work: Work) -> None:
    """Make the package that the case's last fact asks for.

    What is refused or cannot be delivered becomes a fact with its reason; what is not available
    (the vault is closed, the ledger down) is tried again. A package that a killed worker had
    finished is taken as it is, and costs no second opening.
    """
    file = file_of(Case.objects.select_related("scheme").get(pk=work.subject))
    begun = file.facts[-1]
    if begun.kind != "extraction_begun":
        return
    assert begun.by is not None
    acting = Acting(person=begun.by, scheme=file.case.scheme, posts=frozenset(), at=now())
    try:
        made = make_package(file, part_of(begun), work.report)
    except UnavailableError:
        raise
    except MachimoriError as error:
        fail(file, error.message, acting=acting)
        return
    try:
        finish(file, made, acting=acting)
    except ActionRefusedError:
        # The case ended meanwhile: nobody may have the package.
        discard(file)


def install() -> None:
    """Called once, when the app is ready."""
    registry.register(PACKAGE, make)
