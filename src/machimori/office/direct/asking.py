# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking the rules about a direct acquisition: post, station, camera by camera, ground, number."""

from collections.abc import Iterable

from django.utils.translation import gettext as _t

from machimori.office.people.acting import Acting
from machimori.office.police import access as police
from machimori.office.provision.asking import shown
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.terminals.presence import Established
from machimori.policy.calendar import OfficeCalendar
from machimori.policy.decisions import Request, decide
from machimori.policy.profile import Profile
from machimori.policy.weighing import Reason as PolicyReason


def ask(
    profile: Profile,
    agreements: Iterable[str],
    *,
    station: str,
    ground: str,
    reference: str,
    where: Established,
    acting: Acting,
) -> None:
    """Raise ActionRefusedError with everything that the rules say against it.

    `agreements` are those under which the cameras stand, "" for a camera under none.
    """
    posts = [name for name in police.POLICE if acting.holds(name)]
    heading = _t("直接取得できません")
    if not posts:
        raise ActionRefusedError(heading, Reason(text=_t("警察の職の人が行います。")))
    post = "police_operator" if "police_operator" in posts else posts[0]
    found: dict[tuple[str, str], PolicyReason] = {}
    for name in sorted(set(agreements)) or [""]:
        decision = decide(
            profile,
            Request(
                act="acquire_directly",
                post=post,
                at=acting.at,
                hours=OfficeCalendar().hours_class(acting.at),
                ground=ground,
                agreement=name,
                station=station,
                case_reference=bool(reference.strip()),
                at_terminal=where.at_terminal,
                place=where.place,
            ),
        )
        found |= {(one.code, one.text_ja): one for one in decision.reasons}
    if found:
        raise ActionRefusedError(heading, *shown(found.values()))
