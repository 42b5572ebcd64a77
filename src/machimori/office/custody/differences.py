# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the vault lacks: the office's people, deputies, rules and cameras beside what it believes.

Each difference has the statement that would end it, drafted when somebody wants to sign. What the
office cannot mend (a signer whom it does not know) has none.
"""

import datetime as dt
import secrets
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _t

from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MachimoriError
from machimori.kernel.ids import ClassId, OfficerId
from machimori.kernel.instants import Micros, local_day, micros
from machimori.office.cameras.access import cameras
from machimori.office.custody.access import vault_post
from machimori.office.custody.difference import Difference, sources
from machimori.office.custody.enrolling import recorders
from machimori.office.custody.rules_statement import rules_statement, same
from machimori.office.deputies.access import current_ones, delegations
from machimori.office.people.acting import Acting
from machimori.office.people.keys import officer_key
from machimori.office.people.models import Appointment as Row
from machimori.office.people.models import Person
from machimori.office.rules.access import rules_of, viewed_day
from machimori.office.shared.engine import engine
from machimori.office.shared.posts import LABELS, Post
from machimori.policy.errors import UnsetError
from machimori.vault.client.standing import Standing
from machimori.vault.client.statements import (
    Appointment,
    CameraClass,
    Delegation,
    Hold,
    Revocation,
    Rules,
)

FOREVER = Micros(7_258_118_400_000_000)
"""The end of an appointment without an end: the year 2200."""


def differences(standing: Standing, acting: Acting) -> list[Difference]:
    """Everything, in the order in which the vault can take it in."""
    return [
        *_officers(standing, acting),
        *_rules(standing, acting),
        *_deputies(standing, acting),
        *_cameras(standing, acting),
        *recorders(standing, acting),
        *(found for source in sources() for found in source.find(standing, acting)),
        *_holds(standing, acting),
    ]


def signing_posts(standing: Standing, acting: Acting) -> frozenset[str]:
    """Posts, as the vault calls them, whose holders sign anything under charter or rules."""
    wanted = _wanted(standing, acting)
    found = set(standing.posts)
    if wanted is not None:
        found |= {*wanted.signer_posts, *(p for s in wanted.sole_signers.values() for p in s)}
        for signers in (*wanted.release_posts.values(), *wanted.hold_posts.values()):
            found |= set(signers.posts)
    return frozenset(found)


def _officers(standing: Standing, acting: Acting) -> Iterator[Difference]:
    posts = signing_posts(standing, acting)
    believed = {one.officer: one for one in standing.appointments}
    rows = Row.objects.exclude(valid_until__lte=acting.at).select_related("person", "scheme")
    found = list(rows.order_by("valid_from").prefetch_related("person__credentials"))
    named = _named(found, posts, acting)
    by_person: dict[Person, list[Row]] = {}
    for row in found:
        if named[row.pk]:
            by_person.setdefault(row.person, []).append(row)
    for person, held in by_person.items():
        if any(one.scheme_id == acting.scheme.pk for one in held):
            yield from _officer(person, held, named, believed.get(person.officer_id), acting.at)
    known = {one.officer_id for one in by_person}
    gone = Person.objects.filter(
        officer__in=[one for one in believed if one not in known],
        appointments__scheme=acting.scheme,
    ).distinct()
    for person in gone:
        yield Difference(
            kind=Revocation.KIND,
            about=person.officer,
            text=_t("%(name)sさんの任命は終わりました。保管庫では、まだ署名できます。")
            % {"name": person.name},
            make=lambda officer=person.officer_id: Revocation(  # type: ignore[misc]
                officer=officer, ground="任命の終わり", nonce=secrets.token_hex(16)
            ),
        )


def _named(rows: list[Row], posts: frozenset[str], acting: Acting) -> Mapping[int, frozenset[str]]:
    """By an appointment's row, what the vault calls the posts by which its holder signs. Who was
    ever a deputy is known there by their own post, which alone need not sign anything."""
    more = [source.posts(rows, acting) for source in sources()]
    deputies = set(delegations(acting).values_list("deputy", flat=True))
    return {
        row.pk: frozenset(
            {vault_post(row.post)} if row.person_id in deputies else {vault_post(row.post)} & posts
        )
        | {found[row.pk] for found in more if row.pk in found}
        for row in rows
    }


def _officer(
    person: Person,
    held: list[Row],
    named: Mapping[int, frozenset[str]],
    believed: Appointment | None,
    at: dt.datetime,
) -> Iterator[Difference]:
    begun = [one for one in held if one.valid_from <= at] or held[:1]
    keys = tuple(officer_key(one) for one in person.credentials.all() if one.revoked_at is None)
    names = "、".join(sorted({str(LABELS[_post(one)]) for one in begun}))
    said = {"name": person.name, "posts": names}
    if not keys:
        yield Difference(
            kind=Appointment.KIND,
            about=person.officer,
            text=_t("%(name)sさん（%(posts)s）は、キーをまだ登録していません。") % said,
        )
        return
    ends = [micros(one.valid_until) for one in begun if one.valid_until is not None]
    wanted = Appointment(
        officer=OfficerId(person.officer),
        keys=tuple(sorted(keys, key=lambda key: key.keyid)),
        posts=tuple(sorted(frozenset().union(*(named[one.pk] for one in begun)))),
        valid_from=min(micros(one.valid_from) for one in begun),
        valid_until=min(ends, default=FOREVER),
    )
    if believed is None:
        text = _t("%(name)sさん（%(posts)s）を、保管庫はまだ知りません。署名しても開けません。")
    elif believed.posts != wanted.posts:
        text = _t("%(name)sさんの職が変わりました（いまは%(posts)s）。")
    elif {one.keyid for one in believed.keys} != {one.keyid for one in wanted.keys}:
        text = _t("%(name)sさんのキーが変わりました。なくしたキーの署名は、届けるまで有効です。")
    elif believed.valid_until != wanted.valid_until:
        text = _t("%(name)sさんの任期の終わりが変わりました。")
    else:
        return
    yield Difference(
        kind=Appointment.KIND, about=person.officer, text=text % said, make=lambda: wanted
    )


def _post(row: Row) -> Post:
    return row.post  # type: ignore[return-value]


def _wanted(standing: Standing, acting: Acting) -> Rules | None:
    """The scheme's rules as they would be handed in; None while retention is not decided, or
    the scheme has no camera."""
    scheme = acting.scheme.scheme_id
    versions = [one for one in standing.rules if one.scheme == scheme]
    registered = cameras(acting.scheme).values_list("retention_class", flat=True)
    classes = {ClassId(one) for one in registered}
    if versions:
        classes |= set(versions[-1].retention)
    if not classes:
        return None
    try:
        return rules_statement(
            rules_of(acting).on(viewed_day(acting)),
            scheme=scheme,
            classes=classes,
            version=(versions[-1].version if versions else 0) + 1,
            effective_from=micros(acting.at),
        )
    except UnsetError:
        return None


def _rules(standing: Standing, acting: Acting) -> Iterator[Difference]:
    scheme = acting.scheme.scheme_id
    versions = [one for one in standing.rules if one.scheme == scheme]
    wanted = _wanted(standing, acting)
    if wanted is None:
        yield Difference(
            kind=Rules.KIND,
            about=scheme,
            text=_t("保存する日数が決まり、カメラを登録すると、きまりを届けられます。"),
        )
    elif not versions or not same(versions[-1], wanted):
        text = (
            _t("きまりが変わりました。署名の人数や日数は、届けるまで前のままです。")
            if versions
            else _t("この制度のきまりが、まだ届いていません。")
        )
        yield Difference(kind=Rules.KIND, about=scheme, text=text, make=lambda: wanted)


def _deputies(standing: Standing, acting: Acting) -> Iterator[Difference]:
    """Delegations that the vault does not know, and ends of those that still hold there."""
    for row in current_ones(acting):
        pair = (row.officer.officer, row.deputy.officer, acting.scheme.pk)
        believed = [
            one
            for one in standing.delegations
            if (one.officer, one.deputy, one.scheme) == pair and one.valid_until > micros(acting.at)
        ]
        envelope, over = Envelope.decode(row.statement), row.until <= acting.at
        if (over and not believed) or any(
            one.envelope().payload == envelope.payload for one in believed
        ):
            continue
        text = (
            _t(
                "%(officer)sさんから%(deputy)sさんへの委任の終わりが、まだ届いていません。"
                "届くまで、保管庫では代決の署名が有効です。"
            )
            if believed and (over or row.ended)
            else _t("%(officer)sさんから%(deputy)sさんへの委任が、まだ届いていません。")
        )
        yield Difference(
            kind=Delegation.KIND,
            about=row.deputy.officer,
            text=text % {"officer": row.officer.name, "deputy": row.deputy.name},
            make=lambda found=envelope: Delegation.decode(found),  # type: ignore[misc]
            signed=envelope,
            signer=row.officer,
        )


def _cameras(standing: Standing, acting: Acting) -> Iterator[Difference]:
    scheme = acting.scheme.scheme_id
    believed = {one.camera: one for one in standing.cameras}
    for row in cameras(acting.scheme):
        camera = row.camera.camera_id
        found = believed.get(camera)
        if found is not None and (found.scheme, found.retention_class) == (
            scheme,
            row.retention_class,
        ):
            continue
        yield Difference(
            kind=CameraClass.KIND,
            about=camera,
            text=_t("カメラ「%(name)s」（%(camera)s）の保存区分が、保管庫に届いていません。")
            % {"name": row.name, "camera": camera},
            make=lambda name=camera, of=row.retention_class: CameraClass(  # type: ignore[misc]
                camera=name,
                scheme=scheme,
                retention_class=ClassId(of),
                effective_from=micros(acting.at),
            ),
        )


def _holds(standing: Standing, acting: Acting) -> Iterator[Difference]:
    """Cases that one of the two believes to be held; only the case's own page mends that."""
    today, scheme = local_day(micros(acting.at)).isoformat(), acting.scheme.pk
    believed = {
        one.case: one.last_day
        for one in standing.holds
        if one.scheme == scheme and one.last_day >= today
    }
    try:
        placed = [one.statement for one in engine().holds.placed()]
    except MachimoriError:
        return  # the store is down, and its own page says so
    known = {one.case for one in placed if one.scheme == scheme and one.last_day >= today}
    for case in sorted(known ^ set(believed)):
        text = (
            _t(
                "案件%(case)sの保全が、保管庫にありません。案件の画面で、もう一度消去を止めてください。"
            )
            if case in known
            else _t("案件%(case)sを保管庫が保全していますが、事務所の保存先に記録がありません。")
        )
        yield Difference(kind=Hold.KIND, about=case, text=text % {"case": case})
