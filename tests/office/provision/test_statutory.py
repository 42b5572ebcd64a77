# SPDX-License-Identifier: AGPL-3.0-or-later
"""Inquiries under a statute: each kind of document is a type of its own, with number and day."""

import pytest

from machimori.kernel.clock import ManualClock
from machimori.office.provision.testing import Desk

KINDS = {
    "investigative_inquiry": "捜査関係事項照会書",
    "warrant": "令状",
    "court_commission": "裁判所の嘱託書",
    "bar_inquiry": "弁護士会照会書",
    "statutory_inquiry": "その他の法令に基づく照会書",
}


@pytest.fixture
def inzai(office: ManualClock) -> Desk:
    return Desk.of(office, profile="inzai")


def test_P7_every_statutory_inquiry_is_a_type_with_its_document(inzai: Desk) -> None:
    """印西 3(6)ア: an inquiry, a warrant, a court's commission and a bar association's inquiry are
    taken in by name, number and day, wait for the original if it is not there, and hold footage."""
    for kind, name in KINDS.items():
        file = inzai.take_in(ground="inquiry", document=kind, original_day="R8.5.14")
        assert f"{name} 中刑第123号" in inzai.page(file)
        assert not file.document_awaited
        assert file.ground is not None
        assert file.ground.hold


def test_P7_a_paper_that_no_statute_knows_is_no_inquiry(inzai: Desk) -> None:
    """A written consent is not taken for an inquiry: the original is still awaited."""
    file = inzai.take_in(ground="inquiry", document="consent_form")
    assert file.application.document == ""
    assert file.document_awaited
    assert "原本待ち" in inzai.page(file)
