# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking the rules about internal use: who may, what, for whom, and where."""

from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext as _t

from machimori.office.cameras.access import cameras
from machimori.office.internal.history import File
from machimori.office.people.acting import Acting
from machimori.office.provision.asking import require, shown
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.terminals.presence import Established
from machimori.policy.calendar import OfficeCalendar
from machimori.policy.decisions import Decision, Request, decide
from machimori.policy.profile import Profile

if TYPE_CHECKING:
    from machimori.office.internal.drafting import Wanted

InternalUse = Literal["view", "print", "copy"]
_RECORDED = frozenset(("time", "recipient", "content", "reason", "purpose"))
"""What every internal use has on record by itself: who, when, which footage, what for."""


def check_wanted(rules: Profile, wanted: "Wanted", *, acting: Acting) -> None:
    """Raise ActionRefusedError with everything against what is wanted. Where it will happen is
    asked when it happens, and attendance when somebody permits it."""
    heading = _t("このままでは起票できません")
    if not wanted.uses:
        raise ActionRefusedError(
            heading, Reason(text=_t("閲覧・印刷・複製のどれをするかを選んでください。"))
        )
    places = rules.names("terminals.places") or ("",)
    reasons = []
    for use in wanted.uses:
        found = _ask(
            rules,
            "use_internally",
            acting=acting,
            use=use,
            ground=wanted.ground,
            off_purpose=not wanted.within_purpose,
            camera_identifies=_identify(acting, wanted.extent.cameras),
            reason_given=bool(wanted.need.strip()),
            attendees=len(wanted.attendees),
            permitted=True,
            at_terminal=True,
            place=places[0],
            recorded=_RECORDED,
        )
        reasons += [one for one in found.reasons if one not in reasons]
    require(heading, *shown(reasons))


def check_use(
    file: File, use: InternalUse, *, attended: int, where: Established, acting: Acting
) -> None:
    """Raise ActionRefusedError unless the acting person may do this now and here."""
    heading = _t("いまは利用できません")
    check_own(file, acting)
    if use not in file.uses:
        raise ActionRefusedError(heading, Reason(text=_t("許可された利用の仕方ではありません。")))
    found = _ask(
        file.rules,
        "use_internally",
        acting=acting,
        use=use,
        ground=file.draft.data["ground"],
        camera_identifies=_identify(acting, file.extent.cameras),
        reason_given=True,
        attendees=attended,
        permitted=file.latest("attendance") is not None,
        at_terminal=where.at_terminal,
        place=where.place,
        recorded=_RECORDED,
    )
    require(heading, *shown(found.reasons))


def check_permits(file: File, acting: Acting) -> None:
    """Raise ActionRefusedError unless the rules let the acting person permit."""
    found = _ask(file.rules, "permit_internal", acting=acting)
    require(_t("許可できません"), *shown(found.reasons))


def permits(file: File, acting: Acting) -> bool:
    """Whether they do."""
    try:
        check_permits(file, acting)
    except ActionRefusedError:
        return False
    return True


def check_own(file: File, acting: Acting) -> None:
    """Raise ActionRefusedError unless it is the acting person's own use: it was permitted to them
    and to nobody else."""
    if file.draft.by_id != acting.person.pk:
        raise ActionRefusedError(
            _t("ほかの人の内部利用です"), Reason(text=_t("起票した人だけが利用できます。"))
        )


def why_not(rules: Profile, acting: Acting) -> tuple[Reason, ...]:
    """Why the acting person can draft nothing at all under these rules; nothing if they can."""
    whole = frozenset(("internal", "post", "post_absent", "unset", "no_footage"))
    found = _ask(rules, "use_internally", acting=acting, use="view", recorded=_RECORDED)
    return shown(one for one in found.reasons if one.code in whole)


def _ask(
    rules: Profile,
    act: Literal["use_internally", "permit_internal"],
    *,
    acting: Acting,
    **established: Any,
) -> Decision:
    """Of several posts the one counts under which least speaks against it."""
    names = [name for name in acting.ordered if f"posts.{name}.presence" in rules.answers]
    found = [
        decide(
            rules,
            Request(
                act=act,
                post=name,
                at=acting.at,
                hours=OfficeCalendar().hours_class(acting.at),
                **established,
            ),
        )
        for name in names
    ]
    if not found:
        raise ActionRefusedError(
            _t("いまの任命がありません"),
            Reason(text=_t("任命の始まる日を、管理責任者に確かめてください。")),
        )
    return min(found, key=lambda one: len(one.reasons))


def _identify(acting: Acting, names: tuple[str, ...]) -> bool:
    found = cameras(acting.scheme).filter(camera__in=names, identifies=True)
    return found.count() == len(set(names))
