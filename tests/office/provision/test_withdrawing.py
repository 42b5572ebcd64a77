# SPDX-License-Identifier: AGPL-3.0-or-later
"""An approval that ended in the office ends at the vault: for whoever holds secret and ledger."""

import pytest

from machimori.office.custody import letters
from machimori.office.provision import withdrawing
from machimori.office.provision.orders import order_of
from machimori.office.provision.testing_engine import EngineDesk
from machimori.vault.client.statements import AuthorisationEnd
from machimori.vault.errors import VaultRefusedError


def test_a_revoked_approval_opens_nothing_for_who_holds_secret_and_ledger(
    real: EngineDesk,
) -> None:
    """The attacker asks past the office, with the case's reader, its approval and the ledger: until
    the manager's key has signed the end, and never after it."""
    file = real.instructed()
    order = order_of(file)
    assert real.look(file, order).frame.width == 160
    page = real.post(file, "stop", reason="本人からの申出")
    assert "承認の終わりが、保管庫にまだ届いていません" in page
    file = real.again(file, "revoked")
    assert real.look(file, order).frame.width == 160

    letter = withdrawing.owed(file, real.cast.now)
    assert letter is not None
    clerk = real.cast.person("handling_supervisor")
    real.give_key(clerk)
    assert "署名するのは、ほかの職の人です" in real.sign_letter(letter, clerk)["refused"]
    assert "location" in real.sign_letter(letter)
    with pytest.raises(VaultRefusedError) as caught:
        real.look(file, order)
    assert caught.value.reason == "taken_back"
    assert "まだ届いていません" not in real.page(file)
    assert withdrawing.owed(file, real.cast.now) is None


def test_a_withdrawn_case_leaves_the_statement_to_who_decides(real: EngineDesk) -> None:
    file = real.approved()
    clerk = real.cast.person("operator")
    page = real.post(file, "take_back", clerk, reason="取り下げると電話があった")
    assert "管理責任者の署名を待っています" in page
    file = real.again(file, "withdrawn")
    (letter,) = letters.about("provision", file.case.pk, AuthorisationEnd)
    real.vault.stop()
    answered = real.sign_letter(letter)
    assert "保管庫が答えません" in answered["refused"]
    real.vault.start()
    real.sync()
    browser = real.browser()
    browser.post(f"/vault/letters/{letter.digest}/hand-in/")
    assert letters.fresh(letter).taken


def test_a_case_that_was_never_approved_owes_nothing(real: EngineDesk) -> None:
    file = real.drafted()
    real.act(file, "take_back", reason="不要になった")
    file = real.again(file, "withdrawn")
    assert letters.about("provision", file.case.pk, AuthorisationEnd) == []
