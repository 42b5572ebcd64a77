# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking: what the agreement covers, what it does not, and the ordinary way beside it."""

from dataclasses import replace

import pytest
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.direct.models import Case
from machimori.office.direct.testing import Fetching
from machimori.office.police.testing import Station
from machimori.office.provision.testing import Desk, recorded
from machimori.vault.client.statements import Authorisation


def test_S6_the_operator_asks_for_an_agreed_camera_under_the_agreements_own_ground(
    fetching: Fetching,
) -> None:
    """What is signed names the agreement's ground, its cameras alone, and the minutes asked for."""
    file = fetching.asked()
    statement = Authorisation.decode(file.statement)
    assert statement.ground == "direct-project"
    assert statement.cameras == ("cam-1",)
    page = fetching.browser().get(reverse("direct:acquisition", args=[file.case.pk]))
    for text in ("防犯カメラの画像提供に関する協定", "令和5年10月13日", "刑一第123号"):
        assert text in page.content.decode()
    assert "location" in fetching.sign(file)
    fetching.again(file, "acquiring")
    last = [entry for entry in recorded() if entry.type == "direct.step"][-1]
    assert last.data["kind"] == "signed"
    assert last.subject["by"] == fetching.operator.officer


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"cameras": ["cam-2"]}, "このカメラは協定の対象ではありません"),
        ({"cameras": ["cam-1", "cam-2"]}, "このカメラは協定の対象ではありません"),
        ({"reference": ""}, "事件番号が入力されていません"),
        ({"last_time": "23:59", "last_day": "2026-05-14"}, "終わりの時刻がまだ来ていません"),
        ({"first_day": "2026-05-01"}, "一度に取得できるのは"),
    ],
)
def test_S6_what_the_agreement_does_not_cover_is_refused(
    fetching: Fetching, typed: dict[str, object], reason: str
) -> None:
    """Another camera, no case number, the future, too long: refused, and nothing is on record."""
    assert reason in fetching.ask(**typed)
    assert not Case.objects.filter(scheme=fetching.desk.cast.scheme).exists()


def test_S6_another_station_is_refused_with_the_clause(fetching: Fetching) -> None:
    """小城警察署 is no party to the agreement; the page says which clause names the parties."""
    other = Fetching.of(fetching.desk, name="小城警察署")
    page = other.ask()
    assert "この警察署は協定の当事者ではありません" in page
    assert "佐賀 各関係団体の役割" in page
    file = fetching.asked()
    address = reverse("direct:acquisition", args=[file.case.pk])
    assert other.browser().get(address).status_code == 404
    assert fetching.browser().get(address).status_code == 200


def test_S6_a_camera_that_left_the_agreement_is_refused_when_it_is_signed(
    fetching: Fetching,
) -> None:
    """The agreement is weighed again before the key's answer counts."""
    file = fetching.asked()
    typed = {"agreement": "", "reason": "協定から外した"}
    fetching.desk.browser().post(reverse("direct:mark", args=["cam-1"]), typed)
    assert "協定の対象ではありません" in fetching.sign(file)["refused"]
    fetching.again(file, "requested")


def test_away_from_the_lent_terminal_nothing_is_fetched(fetching: Fetching) -> None:
    away = replace(fetching, terminal=None)
    assert "登録した専用パソコンではありません" in away.ask()


def test_before_anything_was_fetched_there_is_no_first_picture(fetching: Fetching) -> None:
    file = fetching.asked()
    answer = fetching.browser().get(reverse("direct:first", args=[file.case.pk]))
    assert answer.status_code == 403
    assert "いまはできません" in answer.content.decode()
    fetching.again(file, "requested")


def test_nobody_signs_what_another_asked_for(fetching: Fetching) -> None:
    colleague = Station.of(fetching.desk, fetching.station.name).operator
    file = fetching.asked()
    assert "申し込んだ人が" in fetching.sign(file, colleague)["refused"]
    fetching.post(file, "withdraw", colleague, reason="重複")
    fetching.again(file, "withdrawn")


def test_a_scheme_without_an_agreement_refuses_with_its_reason(office: ManualClock) -> None:
    fetching = Fetching.of(Desk.of(office, profile="asahikawa"), name="旭川中央警察署")
    for answer in (fetching.browser().get(reverse("direct:new")).content.decode(), fetching.ask()):
        assert "警察が直接取得する定めがありません" in answer
        assert "事件番号" not in answer


def test_S8_the_ordinary_way_stays_open_beside_it(fetching: Fetching) -> None:
    """The same camera is provided by the city in the ordinary way, from intake to approval, while
    a direct acquisition of it is under way."""
    fetching.signed()
    case = fetching.desk.approved(ground="incident", cameras=["cam-1"], document="written_request")
    assert case.state == "approved"
    page = fetching.browser().get(reverse("direct:new")).content.decode()
    assert "ほかのカメラの画像は、通常の申請をしてください" in page


def test_the_manager_marks_cameras_and_everybody_reads_the_agreement(fetching: Fetching) -> None:
    address = reverse("direct:agreements")
    page = fetching.browser().get(address).content.decode()
    for text in ("佐賀南警察署、佐賀北警察署", "協定により設置した", "協定の対象外"):
        assert text in page
    typed = {"agreement": "project", "reason": "もう一度"}
    again = fetching.desk.browser().post(reverse("direct:mark", args=["cam-1"]), typed)
    assert "変わったところがありません" in again.content.decode()
    refused = fetching.browser().post(reverse("direct:mark", args=["cam-2"]), typed)
    assert refused.status_code == 403
    table = fetching.desk.browser().get(address, {"as": "csv"})
    assert "防犯カメラの画像提供に関する協定" in table.content.decode("utf-8-sig")


def test_the_list_is_narrowed_to_a_year_and_a_month(fetching: Fetching) -> None:
    file = fetching.asked()
    address = reverse("direct:acquisitions")
    for asked, there in (
        ({}, True),
        ({"year": "2026"}, True),
        ({"year": "2026", "month": "5"}, True),
        ({"year": "2026", "month": "6"}, False),
        ({"year": "2025"}, False),
        ({"q": "刑一第123号"}, True),
        ({"q": "刑二"}, False),
    ):
        page = fetching.desk.browser().get(address, asked).content.decode()
        assert (file.number in page) is there, asked
        assert "令和8年度</option>" in page
