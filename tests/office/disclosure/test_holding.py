# SPDX-License-Identifier: AGPL-3.0-or-later
"""The hold that a request places: signed on the page, kept by a real vault."""

from machimori.kernel.clock import ManualClock
from machimori.office.disclosure import holding
from machimori.office.disclosure.testing import Window
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.shared.engine import engine


def test_K19_receipt_places_a_hold_that_the_vault_keeps(
    real: EngineDesk, clock: ManualClock
) -> None:
    """The receipt's own page leads to the signature; afterwards the vault keeps the case."""
    window = Window(desk=real, clock=clock)
    real.sync()
    file = window.take_in(received=real.day.isoformat(), **real.asked)
    assert holding.pending(file) is not None
    assert "消去がまだ止まっていません" in window.page(file)
    assert "location" in window.sign(file)
    file = window.again(file, "received")
    assert holding.pending(file) is None
    page = window.page(file)
    assert "消去を止めました" in page
    assert "保全の期限：" in page
    (kept,) = [one for one in engine().holds.placed() if one.statement.case == file.case.pk]
    assert kept.statement.last_day == f"{holding.last_day(file)}"
    assert kept.brought


def test_a_vault_that_does_not_answer_leaves_no_fact(window: Window) -> None:
    file = window.take_in()
    assert "保管庫が答えません" in window.sign(file)["refused"]
    file = window.again(file, "received")
    assert [fact.kind for fact in file.facts] == ["taken_in", "hold_drafted"]


def test_a_request_without_place_and_time_is_held_once_they_are_known(window: Window) -> None:
    nowhere = {"cameras": [], "first_day": "", "first_time": "", "last_day": "", "last_time": ""}
    file = window.take_in(**nowhere)
    assert "カメラと日時が分かりません" in window.page(file)
    assert [fact.kind for fact in file.facts] == ["taken_in"]
    assert "カメラと日時がまだ分かりません" in window.post(file, "renew")
