# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drafting, signing and handing in: every write about letters, each with its ledger entry.

1. a draft; 2. signatures, each a transaction of its own; 3. with the last one the vault is asked,
and its answer is a fact. A vault that does not answer leaves the signatures, and is asked again.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _t

from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import UnavailableError
from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.custody.models import Answer, Letter, Signature
from machimori.office.custody.owners import owner_of
from machimori.office.custody.words import why_refused
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person, Scheme
from machimori.office.people.signing_in import signature_of
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.vault.client.statements import Hold, HoldEnd, Statement
from machimori.vault.errors import VaultRefusedError


@transaction.atomic
def draft(
    statement: Statement, *, scheme: Scheme, owner: str, about: str, needed: int, acting: Acting
) -> Letter:
    """A statement to be signed by `needed` persons. It gives nobody anything."""
    envelope = statement.envelope()
    letter = Letter.objects.create(
        scheme=scheme,
        owner=owner,
        kind=statement.KIND,
        about=about,
        payload=envelope.payload,
        digest=envelope.digest().hex(),
        needed=needed,
        by=acting.person,
        at=acting.at,
    )
    _record(letter, "drafted", at=acting.at, by=acting.person)
    return letter


@transaction.atomic
def take_over(envelope: Envelope, person: Person, letter: Letter, *, at: dt.datetime) -> None:
    """Add a signature that a person gave on another page (a delegation)."""
    Signature.objects.create(letter=letter, by=person, envelope=envelope.encode(), at=at)
    _record(letter, "signed", at=at, by=person)


@transaction.atomic
def sign(letter: Letter, response: Mapping[str, Any], *, acting: Acting) -> None:
    """The acting person's key signs; `response` is the browser's assertion over the digest.

    Raises ActionRefusedError if the letter is not theirs to sign, they have signed, the vault has
    it already, or the key's signature is not over this statement.
    """
    heading = _t("署名できません")
    if letter.taken:
        raise ActionRefusedError(heading, Reason(text=_t("保管庫はもう受け取っています。")))
    if not owner_of(letter).may_sign(letter, acting):
        raise ActionRefusedError(heading, Reason(text=_t("署名するのは、ほかの職の人です。")))
    if acting.person in letter.signed_by:
        raise ActionRefusedError(
            heading, Reason(text=_t("あなたは署名しています。もう一人の署名を待ちます。"))
        )
    statement = letter.envelope
    signed = statement.with_signature(signature_of(acting.person, statement, response))
    Signature.objects.create(
        letter=letter, by=acting.person, envelope=signed.encode(), at=acting.at
    )
    _record(letter, "signed", at=acting.at, by=acting.person)


def hand_in(letter: Letter, *, acting: Acting) -> None:
    """Give the vault a letter that enough have signed, and keep its answer.

    Raises ActionRefusedError with what the vault said; a refusal is on record.
    """
    heading = _t("保管庫に届けられません")
    letter = fresh(letter)
    if letter.taken:
        return
    if not letter.complete:
        raise ActionRefusedError(heading, Reason(text=_t("署名がまだ足りません。")))
    try:
        with transaction.atomic():
            _answer(letter, "", acting)
            _give(letter)
    except VaultRefusedError as error:
        with transaction.atomic():
            _answer(letter, error.reason, acting)
        raise ActionRefusedError(heading, Reason(text=why_refused(error.reason))) from error
    except UnavailableError as error:
        raise ActionRefusedError(
            heading,
            Reason(
                text=_t(
                    "保管庫が答えません。署名は残っています。保管庫が開いているか確かめて、"
                    "もう一度届けてください。"
                )
            ),
        ) from error


def fresh(letter: Letter) -> Letter:
    """The letter as the database has it now."""
    return with_parts(letter.digest)[0]


def with_parts(*digests: str) -> list[Letter]:
    """These letters with signatures and answers, the oldest first."""
    return list(_all().filter(digest__in=digests).order_by("pk"))


def about(owner: str, name: str, *kinds: type[Statement]) -> list[Letter]:
    """An owner's letters about one thing, of these kinds, the oldest first."""
    found = _all().filter(owner=owner, about=name, kind__in=[one.KIND for one in kinds])
    return list(found.order_by("pk"))


def waiting(acting: Acting) -> list[Letter]:
    """Every letter of the scheme but holds that the vault has not taken in, the oldest first;
    fetched once a request, as it stood then."""
    if "custody.waiting" not in acting.memo:
        acting.memo["custody.waiting"] = list(_waiting(acting).order_by("pk"))
    letters: list[Letter] = acting.memo["custody.waiting"]
    return letters


def holds_beside_waiting(acting: Acting, owner: str, names: Iterable[str]) -> list[Letter]:
    """An owner's holds of these cases, the oldest first; what `waiting` gives is fetched by the
    same query and its parts."""
    holds = _all().filter(owner=owner, about__in=names, kind=Hold.KIND)
    found = sorted(_waiting(acting).union(holds, all=True), key=lambda one: one.pk)
    acting.memo["custody.waiting"] = [one for one in found if one.kind != Hold.KIND]
    return [one for one in found if one.kind == Hold.KIND]


def _waiting(acting: Acting) -> Any:
    found = _all().filter(scheme=acting.scheme).exclude(kind__in=(Hold.KIND, HoldEnd.KIND))
    return found.exclude(answers__reason="")


def _all() -> Any:
    signed = Prefetch("signatures", Signature.objects.select_related("by"))
    return Letter.objects.select_related("scheme", "by").prefetch_related(signed, "answers")


def _give(letter: Letter) -> None:
    whole = letter.envelope
    for one in letter.signatures.all():
        whole = whole.with_signature(Envelope.decode(bytes(one.envelope)).signatures[0])
    statement = letter.statement
    if isinstance(statement, Hold):
        engine().holds.place(engine().vault, whole)
        return
    try:
        engine().vault.submit(whole)
    except VaultRefusedError as error:
        # The vault took it in, and the office went down before it had written that.
        if error.reason != "replayed":
            raise
    if isinstance(statement, HoldEnd):
        engine().holds.end(statement.case)


def _answer(letter: Letter, reason: str, acting: Acting) -> None:
    Answer.objects.create(letter=letter, reason=reason, at=acting.at)
    _record(letter, "refused" if reason else "taken", at=acting.at, by=acting.person)


def _record(letter: Letter, step: str, *, at: dt.datetime, by: Person) -> None:
    record(
        Entry(
            type="custody.step",
            at=micros(at),
            subject={"about": letter.about, "by": by.officer, "scheme": letter.scheme.pk},
            data={"kind": letter.kind, "statement": letter.digest, "step": step},
        )
    )
