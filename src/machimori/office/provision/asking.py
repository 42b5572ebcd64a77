# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking the rules: what a case establishes, put to `policy.decide`, and its reasons for pages."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _t

from machimori.office.cameras.access import cameras
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.provision.application import Application
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.policy.calendar import OfficeCalendar
from machimori.policy.decisions import Act, Decision, Request, decide
from machimori.policy.decisions import Reason as PolicyReason
from machimori.policy.grounds import Ground, ground_named
from machimori.policy.profile import Profile
from machimori.policy.wording import source


def ask(
    profile: Profile,
    act: Act,
    application: Application,
    *,
    acting: Acting,
    posts: Iterable[str] = (),
    **established: Any,
) -> Decision:
    """What the rules say to this act by the acting person, or by the holder of one of `posts`.

    Of several posts the one counts under which least speaks against it. Raises ActionRefusedError
    if the acting person holds none.
    """
    names = [
        name for name in posts or acting.ordered if f"posts.{name}.presence" in profile.answers
    ]
    ground = ground_of(profile, application)
    identifies = _identify(acting.scheme, application.cameras)
    hours = OfficeCalendar().hours_class(acting.at)
    decisions = [
        decide(
            profile,
            Request(
                act=act,
                post=name,
                at=acting.at,
                hours=hours,
                ground=application.ground,
                camera_identifies=identifies,
                application_filed=application.form_filed,
                document_present=ground is not None and application.document_present(ground),
                urgent=application.urgent,
                identity_checked=application.identity_checked,
                fields=application.filled(),
                by_subject=application.by_subject,
                consents=application.consents,
                **established,
            ),
        )
        for name in names
    ]
    if not decisions:
        raise ActionRefusedError(
            _t("いまの任命がありません"),
            Reason(text=_t("任命の始まる日を、管理責任者に確かめてください。")),
        )
    return min(decisions, key=lambda one: len(one.reasons))


def missing(profile: Profile, application: Application, *, acting: Acting) -> tuple[Reason, ...]:
    """What an application lacks before it can be decided, whoever decides: every reason."""
    ground = ground_of(profile, application)
    found = ask(
        profile,
        "decide",
        application,
        acting=acting,
        posts=profile.names("acts.decide") or ("system_manager",),
        checks=frozenset(ground.checks if ground else ()),
        signers=ground.signers if ground else 1,
        circulated=True,
    )
    return (*shown(found.reasons), *identity(profile, application, found.reasons))


def identity(
    profile: Profile, application: Application, known: Iterable[PolicyReason] = ()
) -> tuple[Reason, ...]:
    """A reason if the ground wants the other side's identity checked and it is not.

    The rules ask it before hand-over; the office asks it before anything is decided, since whom a
    decision is for is a part of it.
    """
    ground = ground_of(profile, application)
    if ground is None or not ground.identity_checked or application.identity_checked:
        return ()
    if any(reason.code == "identity" for reason in known):
        return ()
    said = source(profile, f"grounds.{ground.id}.identity_checked")
    text = (
        f"The other side's identity has not been checked ({said.en})."
        if get_language() == "en"
        else f"相手の身分を確認していません（{said.ja}）。"
    )
    return (Reason(text=text, clause=said.clause),)


def require(heading: str, *reasons: Reason) -> None:
    """Raise ActionRefusedError if there is a reason."""
    if reasons:
        raise ActionRefusedError(heading, *reasons)


def shown(reasons: Iterable[PolicyReason]) -> tuple[Reason, ...]:
    """The rules' reasons in the language of the page."""
    english = get_language() == "en"
    return tuple(
        Reason(text=one.text_en if english else one.text_ja, clause=one.clause) for one in reasons
    )


def ground_of(profile: Profile, application: Application) -> Ground | None:
    """The ground that the application names, if these rules have it."""
    return ground_named(profile, application.ground)


def _identify(scheme: Scheme, names: tuple[str, ...]) -> bool:
    """Whether every one of these cameras is registered as one that identifies persons."""
    found = cameras(scheme).filter(camera__in=names, identifies=True)
    return found.count() == len(set(names))
