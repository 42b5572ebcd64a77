# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's own letters: drafting what the vault lacks, one difference or all."""

from collections.abc import Iterable

from django.utils.translation import gettext as _t

from machimori.kernel.errors import UnavailableError
from machimori.office.custody import letters
from machimori.office.custody.access import vault_post
from machimori.office.custody.difference import Difference
from machimori.office.custody.differences import differences
from machimori.office.custody.models import Letter
from machimori.office.people.acting import Acting
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.vault.client.standing import Standing
from machimori.vault.client.statements import Delegation

OWNER = "custody"


def standing() -> Standing | None:
    """What the vault believes; None if it does not answer."""
    try:
        return engine().vault.standing()
    except UnavailableError:
        return None


def may_sign(standing: Standing | None, acting: Acting) -> bool:
    """Whether the acting person holds one of the charter's posts."""
    posts = {vault_post(one) for one in acting.posts}
    return standing is not None and not posts.isdisjoint(standing.posts)


def draft(wanted: Iterable[str], *, acting: Acting) -> list[Letter]:
    """Letters to sign for these differences (`kind/about`), in the order in which the vault takes
    them in. A letter that waits already and says the same is not drafted again; one that was signed
    on another page is handed in.

    Raises ActionRefusedError if the vault does not answer, or the person holds none of its posts.
    """
    heading = _t("保管庫に届けられません")
    found = standing()
    if found is None:
        raise ActionRefusedError(
            heading, Reason(text=_t("保管庫が答えません。動いているか確かめてください。"))
        )
    if not may_sign(found, acting):
        raise ActionRefusedError(
            heading, Reason(text=_t("署名するのは、保管庫がはじめに知った職の人です。"))
        )
    names = set(wanted)
    chosen = [one for one in differences(found, acting) if f"{one.kind}/{one.about}" in names]
    made = [one for one in (_letter(one, found, acting) for one in chosen) if one is not None]
    _hand_in_signed(made, acting)
    return [one for one in made if not one.complete]


def _hand_in_signed(made: list[Letter], acting: Acting) -> None:
    """Raises ActionRefusedError if the vault refused one and nothing else is left to be signed."""
    refused: ActionRefusedError | None = None
    for letter in made:
        if letter.complete:
            try:
                letters.hand_in(letter, acting=acting)
            except ActionRefusedError as error:
                refused = error
    if refused is not None and all(one.complete for one in made):
        raise refused


def open_letters(acting: Acting) -> list[Letter]:
    """The office's own letters that the vault has not taken in."""
    return [one for one in letters.waiting(acting) if one.owner == OWNER]


def _letter(one: Difference, standing: Standing, acting: Acting) -> Letter | None:
    if one.make is None:
        return None
    statement = one.make()
    for waiting in open_letters(acting):
        same = (waiting.kind, waiting.about) == (one.kind, one.about)
        if same and waiting.statement == statement:
            return waiting
    letter = letters.draft(
        statement,
        scheme=acting.scheme,
        owner=OWNER,
        about=one.about,
        needed=1 if isinstance(statement, Delegation) else standing.quorum,
        acting=acting,
    )
    if one.signed is not None and one.signer is not None:
        letters.take_over(one.signed, one.signer, letter, at=acting.at)
        letter = letters.fresh(letter)
    return letter
