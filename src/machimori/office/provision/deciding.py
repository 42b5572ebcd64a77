# SPDX-License-Identifier: AGPL-3.0-or-later
"""起案から指示まで: drafting, signing, refusing, instructing. Every write of a decision.

The approval is a statement for the vault, and the decision is its signatures: each signer's key
signs exactly these cameras and this interval. The case is approved in the transaction in which
the last signature that the rules ask for arrives.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import local_day, micros
from machimori.office.deputies.access import standing_in, stood_in
from machimori.office.people.acting import Acting
from machimori.office.people.signing_in import signature_of
from machimori.office.provision import asking, circulating
from machimori.office.provision.drafting import Extent, draft, extent_of, narrowed
from machimori.office.provision.history import File, add, check_state
from machimori.office.provision.states import Kind
from machimori.office.rules.words import post_title
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.policy.decisions import Decision
from machimori.policy.decisions import Reason as PolicyReason
from machimori.policy.profile import Profile
from machimori.policy.rounds import KEYS
from machimori.vault.client.asking import authorisation_entry
from machimori.vault.client.statements import Authorisation

_WHO = ("acts.decide", "acts.deputise")
"""The rules that say who decides, whatever about."""


@transaction.atomic
def submit(
    file: File,
    *,
    checks: Iterable[str],
    note: str,
    conditions: Sequence[str] = (),
    return_by: dt.date | None = None,
    acting: Acting,
) -> File:
    """起案して決裁に回す. `checks` are the ids of what was checked (`grounds.*.checks`);
    `conditions` bind the recipient, and so does the day by which copies come back.

    Raises ActionRefusedError with everything that the application lacks, and if `acting` may not
    draft: whoever takes in also drafts.
    """
    check_state(file, "drafted")
    rules, application = file.rules, file.application
    heading = _t("このままでは起案できません")
    may = asking.ask(rules, "take_in", application, acting=acting)
    asking.require(heading, *asking.shown(may.reasons))
    asking.require(heading, *asking.missing(rules, application, acting=acting))
    ground = file.ground
    done = sorted(set(checks))
    if ground is not None and set(ground.checks) - set(done):
        raise ActionRefusedError(
            heading, Reason(text=_t("確かめることに、まだ印が付いていないものがあります。"))
        )
    to = circulating.posts_of(rules)
    if to and not circulating.staffed(acting, rules, to, drafter=acting.person.pk):
        raise ActionRefusedError(heading, _nobody_goes_on(rules))
    if return_by is not None and return_by < local_day(micros(acting.at)):
        raise ActionRefusedError(
            heading, Reason(text=_t("返却・消去の期限には、これからの日を入れてください。"))
        )
    statement = draft(file.case.case_id, file.case.scheme, application, rules, at=acting.at)
    data: dict[str, Json] = {
        "checks": list(done),
        "conditions": [one.strip() for one in conditions if one.strip()],
        "note": note,
        "return_by": return_by.isoformat() if return_by else "",
        "statement": _payload(statement),
    }
    return add(file.case, file, "drafted", data, acting=acting)


@transaction.atomic
def narrow(file: File, extent: Extent, *, reason: str, acting: Acting) -> File:
    """一部承認の案にする: less than was asked for, with why, before anybody has signed.

    Raises ActionRefusedError.
    """
    check_state(file, "narrowed")
    heading = _t("一部承認の案にできません")
    _check_decides(file, acting, heading)
    _check_reason(heading, reason)
    if file.signatures:
        raise ActionRefusedError(
            heading,
            Reason(text=_t("もう署名した人がいます。差し戻して、起案からやり直してください。")),
        )
    part = narrowed(_statement(file), extent)
    data = {"reason": reason.strip(), "statement": _payload(part)}
    return add(file.case, file, "narrowed", data, acting=acting)


@transaction.atomic
def sign(file: File, response: Mapping[str, Any], *, acting: Acting) -> File:
    """署名して承認する: one signature; with the last one that is needed the case is approved.

    `response` is the browser's assertion over the statement's digest. Raises ActionRefusedError
    if the rules speak against the approval, the person has signed already (or the one in whose
    place they would sign, or who stood in for them), or the key's signature is not over this
    statement. A deputy's signature is a fact of its own kind, which waits for the manager's 後閲.
    """
    check_state(file, "signed")
    heading = _t("このままでは承認できません")
    statement = file.statement
    assert statement is not None
    if any(one.by_id == acting.person.pk for one in file.signatures):
        raise ActionRefusedError(
            heading, Reason(text=_t("あなたは署名しています。もう一人の署名を待ちます。"))
        )
    found = _check_decides(file, acting, heading)
    instead = None if acting.holds("system_manager") else standing_in(acting)
    if instead and any(one.by_id == instead.officer_id for one in file.signatures):
        raise ActionRefusedError(
            heading, Reason(text=_t("委任した管理責任者が、もう署名しています。"))
        )
    if any(
        one.kind == "deputised" and one.by_id and stood_in(acting, one.by_id, one.at)
        for one in file.signatures
    ):
        # The vault counts both as one.
        raise ActionRefusedError(
            heading,
            Reason(text=_t("あなたの代決者が、もう署名しています。もう一人の署名を待ちます。")),
        )
    signature = signature_of(acting.person, statement, response)
    signed = statement.with_signature(signature)
    data = {"envelope": canonical.b64(signed.encode())}
    file = add(file.case, file, "deputised" if instead else "signed", data, acting=acting)
    if not found.allowed:
        return file
    for one in file.signatures:
        earlier = Envelope.decode(canonical.unb64(one.data["envelope"], where="envelope"))
        statement = statement.with_signature(earlier.signatures[0])
    data = {"envelope": canonical.b64(statement.encode())}
    record(authorisation_entry(statement, engine().clock))
    return add(file.case, file, "authorised", data, acting=acting)


@transaction.atomic
def send_back(file: File, *, reason: str, acting: Acting) -> File:
    """差し戻す: to whoever drafted it, with why, also while it goes round.

    Raises ActionRefusedError.
    """
    return _turn_down(file, "sent_back", _t("差し戻せません"), {"reason": reason}, acting=acting)


@transaction.atomic
def refuse(file: File, *, reason: str, clause: str, acting: Acting) -> File:
    """不承認にする, with the reason and the clause on which it rests; empty if on none.

    Raises ActionRefusedError, also until the draft has gone round.
    """
    check_state(file, "declined")
    heading = _t("不承認にできません")
    asking.require(heading, *asking.shown(not_circulated(weigh(file, acting=acting))))
    data = {"reason": reason, "clause": clause}
    return _turn_down(file, "declined", heading, data, acting=acting)


@transaction.atomic
def instruct(file: File, extent: Extent, *, note: str, acting: Acting) -> File:
    """取出しを指示する: cameras and interval, no more than was approved.

    Raises ActionRefusedError with the rules' reasons.
    """
    check_state(file, "ordered")
    found = asking.ask(
        file.rules,
        "instruct",
        file.application,
        acting=acting,
        approved=True,
        delegated=standing_in(acting) is not None,
        within_range=extent.inside(extent_of(_statement(file))),
    )
    asking.require(_t("この内容では指示できません"), *asking.shown(found.reasons))
    data = {
        "cameras": sorted(extent.cameras),
        "end": micros(extent.end),
        "note": note,
        "start": micros(extent.start),
    }
    return add(file.case, file, "ordered", data, acting=acting)


def signers_needed(file: File) -> int:
    """How many must sign."""
    ground = file.ground
    return ground.signers if ground else 1


def weigh(file: File, *, acting: Acting) -> Decision:
    """What the rules say if the acting person signs now, as a deputy if they stand in for one."""
    deputises = not acting.holds("system_manager") and standing_in(acting) is not None
    return asking.ask(
        file.rules,
        "deputise" if deputises else "decide",
        file.application,
        acting=acting,
        delegated=deputises,
        checks=frozenset(file.checks),
        signers=len(file.signatures) + 1,
        circulated=circulating.next_post(file) is None,
        agreed=circulating.agreed_by(file, acting.person),
    )


def not_circulated(found: Decision) -> tuple[PolicyReason, ...]:
    """What of the rules' reasons is about the round of the draft."""
    return tuple(one for one in found.reasons if one.key in KEYS)


def check_decides_at_all(file: File, acting: Acting, heading: str) -> None:
    """Refuse unless the acting person's post decides, whatever the application lacks."""
    found = weigh(file, acting=acting)
    posts = [one for one in found.reasons if one.key in _WHO or one.code == "post_absent"]
    asking.require(heading, *asking.shown(posts))


def _check_decides(file: File, acting: Acting, heading: str) -> Decision:
    """Refuse unless nothing speaks against it but that others have yet to sign."""
    found = weigh(file, acting=acting)
    others = [one for one in found.reasons if one.code != "signers"]
    more = asking.identity(file.rules, file.application, others)
    asking.require(heading, *asking.shown(others), *more)
    return found


def _turn_down(
    file: File, kind: Kind, heading: str, data: dict[str, str], *, acting: Acting
) -> File:
    """What lacks something can be sent back or refused all the same: only the post is asked."""
    check_state(file, kind)
    check_decides_at_all(file, acting, heading)
    _check_reason(heading, data["reason"])
    stripped = {name: value.strip() for name, value in data.items()}
    return add(file.case, file, kind, stripped, acting=acting)


def _nobody_goes_on(rules: Profile) -> Reason:
    posts = "、".join(post_title(rules, post) for post in circulating.posts_of(rules))
    text = _t(
        "この起案は%(posts)sの順に回り、それから決裁されますが、起案した人のほかに、別々の人が足りません。"
        "ほかの人が起案するか、管理責任者が任命を増やしてください。"
    )
    return Reason(text=text % {"posts": posts}, clause=rules.answer(KEYS[0]).clause)


def _check_reason(heading: str, reason: str) -> None:
    if not reason.strip():
        raise ActionRefusedError(heading, Reason(text=_t("理由を入れてください。")))


def _statement(file: File) -> Authorisation:
    envelope = file.statement
    assert envelope is not None
    return Authorisation.decode(envelope)


def _payload(statement: Authorisation) -> str:
    return canonical.b64(statement.envelope().payload)
