# SPDX-License-Identifier: AGPL-3.0-or-later
"""申請のしかた is for everybody; cases by 年度 and month; no order after an end."""

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from machimori.kernel.clock import ManualClock
from machimori.office.provision import ending, orders
from machimori.office.provision.testing import PART, Desk
from machimori.office.shared.errors import ActionRefusedError


def test_anybody_reads_how_to_apply_and_prints_a_blank_form(desk: Desk) -> None:
    page = desk.cast.browser().get(reverse("provision:apply")).content.decode()
    assert "法令等に基づく手続きにより照会を受けたとき（堺 11(1)(ア)）" in page
    assert "駅前" not in page
    for kind in ("provision_request", "subject_request"):
        address = reverse("provision:blank", args=[desk.cast.scheme.pk, kind])
        assert address in page
        answer = desk.cast.browser().get(address)
        assert answer.headers["Content-Type"] == "application/pdf"
        text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
        assert "防犯カメラ画像提供申" in text
        assert "山田" not in text
    strange = reverse("provision:blank", args=[desk.cast.scheme.pk, "approval"])
    assert desk.cast.browser().get(strange).status_code == 404


def test_the_person_s_own_form_only_where_consent_is_a_ground(office: ManualClock) -> None:
    inzai = Desk.of(office, profile="inzai")
    address = reverse("provision:blank", args=[inzai.cast.scheme.pk, "subject_request"])
    assert inzai.cast.browser().get(address).status_code == 404
    closed = Desk.of(office, started=False, names=["cam-8"])
    address = reverse("provision:blank", args=[closed.cast.scheme.pk, "provision_request"])
    assert closed.cast.browser().get(address).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"year": "2026"}, True),
        ({"year": "2026", "month": "5"}, True),
        ({"year": "2026", "month": "4"}, False),
        ({"year": "2026", "month": "2"}, False),
        ({"year": "2025"}, False),
        ({"year": "x", "month": "13"}, True),
    ],
)
def test_cases_by_fiscal_year_and_month(desk: Desk, query: dict[str, str], found: bool) -> None:
    file = desk.take_in()
    page = desk.browser().get(reverse("provision:cases"), query).content.decode()
    assert (file.number in page) is found
    saved = desk.browser().get(reverse("provision:cases"), query | {"as": "csv"}).content.decode()
    assert (file.number in saved) is found


def test_nothing_is_opened_after_the_approval_was_taken_back(desk: Desk) -> None:
    file = desk.approved()
    desk.act(file, "instruct", **PART)
    file = desk.again(file, "instructed")
    assert orders.order_of(file).cameras == ("cam-1",)
    ended = ending.stop(file, reason="照会が取り消された", acting=desk.cast.acting(desk.manager))
    with pytest.raises(ActionRefusedError):
        orders.order_of(ended)
