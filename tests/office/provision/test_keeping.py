# SPDX-License-Identifier: AGPL-3.0-or-later
"""保全 through the pages on a real vault, under 印西's guideline: only statutory inquiries hold."""

from collections.abc import Iterator

import pytest
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.ledger.testing import LedgerProcess
from machimori.office.provision import keeping
from machimori.office.provision.testing_engine import EngineDesk, engine_desk
from machimori.office.shared.engine import engine
from machimori.vault.errors import VaultRefusedError


@pytest.fixture
def inzai(database: LedgerProcess, clock: ManualClock) -> Iterator[EngineDesk]:
    with engine_desk(clock, database, profile="inzai", cameras=1, minutes=1) as desk:
        yield desk


def test_P5_a_ground_without_a_hold_is_refused_with_the_clause(inzai: EngineDesk) -> None:
    """The page says the clause, how long is left, and the way that remains; so does the vault."""
    file = inzai.take_in(ground="investigation")
    page = inzai.page(file)
    assert "消去を止められません" in page
    assert "印西 3(4)イ" in page
    assert "消去まであと13日14時間" in page
    assert "急ぎで決裁に回す" in page
    assert "印西 3(4)イ" in inzai.post(file, "hold")
    assert keeping.keeping(file).letters == ()
    assert engine().vault.standing().holds == ()


def test_P5_I6_held_footage_survives_expiry_and_is_released_by_itself(inzai: EngineDesk) -> None:
    """Intake leads to the signature; the case's footage opens after its day, other cases' of the
    same minutes do not; prolonged once, the hold ends by itself with its last day."""
    held = inzai.approved(ground="inquiry")
    inzai.post(held, "instruct", **inzai.asked)
    held = inzai.again(held, "instructed")
    letter = keeping.keeping(held).pending
    assert letter is not None
    browser = inzai.browser()
    page = browser.get(reverse("custody:letter", args=[letter.digest])).content.decode()
    assert "次の画像の消去を止めます" in page
    assert "6月26日（金） 24時" in page
    assert "location" in inzai.sign_letter(letter)
    page = inzai.page(held)
    assert "消去を止めました" in page
    assert "本来の消去：" in page
    assert "保全の期限：" in page
    assert "承認がなければ誰も見られません" in page
    other = inzai.instructed(ground="investigation")

    inzai.pass_days(14)
    assert inzai.look(held).frame.width == 160
    with pytest.raises(VaultRefusedError) as caught:
        inzai.look(other)
    assert caught.value.reason in ("expired", "destroyed")

    inzai.pass_days(20)
    today = inzai.browser().get(reverse("people:today")).content.decode()
    assert "保全の期限" in today
    assert "保全を延ばす" in inzai.page(held)
    inzai.post(held, "hold")
    longer = keeping.keeping(held).pending
    assert longer is not None
    inzai.sign_letter(longer)
    # 6月17日 and thirty days.
    assert str(keeping.keeping(held).last_day) == "2026-07-17"
    inzai.pass_days(30)
    assert [one.case for one in engine().vault.standing().holds] == [held.case.pk]
    inzai.pass_days(1)
    assert f"case.{held.case.pk}" not in engine().vault.epochs()
    assert "保全は解けました" in inzai.page(held)
