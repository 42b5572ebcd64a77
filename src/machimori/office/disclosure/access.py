# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see which disclosure cases; the only functions that hand them out."""

from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _t

from machimori.office.disclosure.history import File, file_of
from machimori.office.disclosure.models import Case
from machimori.office.people.acting import Acting
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import Post

CLERKS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")
READERS: Final[tuple[Post, ...]] = (*CLERKS, "auditor")


def cases(acting: Acting, *, state: str = "", but: str = "") -> QuerySet[Case]:
    """The cases of the scheme, the newest first; those in `state`, or not in `but`."""
    if not acting.holds(*READERS):
        return Case.objects.none()
    return of_scheme(acting.scheme, state=state, but=but)


def of_scheme(scheme: Any, *, state: str = "", but: str = "") -> QuerySet[Case]:
    """The same for those who see all."""
    found = Case.objects.filter(head__scheme=scheme)
    if state:
        found = found.filter(head__state=state)
    if but:
        found = found.exclude(head__state=but)
    return found.select_related("scheme", "numbered").order_by("-head__began", "-numbered__number")


def find(acting: Acting, name: str) -> File | None:
    """One case with its facts, if the acting person may see it."""
    seen = cases(acting).filter(pk=name).first()
    return file_of(seen) if seen else None


def check_handles(acting: Acting, heading: str) -> None:
    """Raise ActionRefusedError unless the acting person handles requests for disclosure."""
    if not acting.holds(*CLERKS):
        raise ActionRefusedError(
            heading, Reason(text=_t("管理責任者か取扱責任者に頼んでください。"))
        )


def check_decides(acting: Acting, heading: str) -> None:
    """Raise ActionRefusedError unless the acting person enters decisions on disclosure."""
    if not acting.holds("system_manager"):
        raise ActionRefusedError(heading, Reason(text=_t("決定を入れるのは管理責任者です。")))
