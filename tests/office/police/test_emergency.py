# SPDX-License-Identifier: AGPL-3.0-or-later
"""緊急の取出し through its pages (旭川 3(5)): the order, the hour, the station, the deadline."""

import pytest
from django.urls import reverse

from machimori.kernel import canonical
from machimori.kernel.clock import ManualClock
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import parse_rfc3339
from machimori.office.police.history import File
from machimori.office.police.models import Extraction
from machimori.office.police.testing import Station
from machimori.office.provision.testing import Desk, recorded
from machimori.vault.client.statements import Authorisation


def test_A17_the_order_says_who_when_why_and_what_and_is_signed_by_the_chief(
    station: Station,
) -> None:
    page = station.desk.browser(station.operator).get(reverse("police:order")).content.decode()
    assert "いまは令和8年5月17日（日） 02:14（休日）です。事前の申請なしで取り出せます" in page
    assert "（旭川市の骨子3(5)）" in page
    assert "令和8年5月18日（月） 17:00までに申請書を出してください（市の決定）" in page
    assert "急ぐ理由" in station.write(urgency="")
    file = station.written()
    assert "自分のキーで署名します" in _sign_by_another_chief(station, file)
    assert "location" in station.sign(file)
    file = station.again(file, "ordered")
    fact = file.latest("ordered")
    assert fact is not None
    envelope = Envelope.decode(canonical.unb64(fact.data["envelope"], where="envelope"))
    statement = Authorisation.decode(envelope)
    assert (statement.ground, statement.cameras) == ("emergency", ("cam-1",))
    assert len(envelope.signatures) == 1
    kinds = [entry.type for entry in recorded()]
    assert "authorisation.signed" in kinds
    assert kinds.count("police.step") == 2


def _sign_by_another_chief(station: Station, file: File) -> str:
    other = station.desk.cast.person("police_image_manager")
    station.desk.give_key(other)
    typed = {"person": other.pk, "station": station.name}
    station.desk.browser().post(reverse("police:assign"), typed)
    return str(station.sign(file, other)["refused"])


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-05-21T10:00:00+09:00", "いまは開庁時間です。通常の申請をしてください"),
        ("2026-05-21T17:15:00+09:00", ""),
        ("2026-05-21T08:29:00+09:00", ""),
        ("2026-12-30T10:00:00+09:00", ""),
    ],
)
def test_A17_only_in_the_early_morning_at_night_and_on_closed_days(
    station: Station, office: ManualClock, at: str, said: str
) -> None:
    office.set(parse_rfc3339(at))
    answer = station.desk.browser(station.operator).get(reverse("police:order"))
    assert (answer.status_code == 403) is bool(said)
    assert said in answer.content.decode()


def test_A17_what_the_city_has_not_decided_refuses(office: ManualClock) -> None:
    station = Station.of(Desk.of(office, profile="asahikawa", started=False))
    answer = station.desk.browser(station.operator).get(reverse("police:order"))
    assert answer.status_code == 403
    assert "開庁時間が決まっていません" in answer.content.decode()
    assert not Extraction.objects.filter(scheme=station.desk.cast.scheme).exists()


def test_A17_an_accident_is_no_reason_unless_the_city_says_so(station: Station) -> None:
    page = station.write(cause="accident")
    assert "事故の捜査を理由とする緊急の取出しは認められていません" in page
    assert not Extraction.objects.filter(scheme=station.desk.cast.scheme).exists()


@pytest.mark.parametrize("profile", ["sakai", "inzai", "matsudo", "saga"])
def test_A17_other_cities_know_no_extraction_before_the_application(
    office: ManualClock, profile: str
) -> None:
    station = Station.of(Desk.of(office, profile=profile))
    answer = station.desk.browser(station.operator).get(reverse("police:order"))
    assert answer.status_code == 403
    assert "事前の申請なしに取り出す定めがありません" in answer.content.decode()


def test_A17_it_is_taken_out_at_the_stations_terminal_alone(station: Station) -> None:
    file = station.ordered()
    refused = station.post(file, "extract", station.operator)
    assert "貸与された専用パソコンではありません" in refused
    other = Station.of(station.desk, "東警察署")
    elsewhere = other.lend("警9")
    address = reverse("police:extract", args=[file.extraction.pk])
    answer = station.at(elsewhere, station.operator).post(address)
    assert "貸与された専用パソコンではありません" in answer.content.decode()
    station.again(file, "ordered")


def test_A16_a_station_sees_its_own_and_nothing_of_another(station: Station) -> None:
    file = station.ordered()
    other = Station.of(station.desk, "東警察署")
    for person in (other.chief, other.operator):
        browser = station.desk.browser(person)
        assert (
            file.order.data["reference"]
            not in browser.get(reverse("police:extractions")).content.decode()
        )
        for route in ("extraction", "extract", "withdraw", "saved", "erased", "download"):
            address = reverse(f"police:{route}", args=[file.extraction.pk])
            assert browser.get(address).status_code in (403, 404), route
            assert browser.post(address).status_code in (403, 404, 405), route
    assert (
        file.order.data["reference"]
        in station.desk.browser().get(reverse("police:extractions")).content.decode()
    )


def test_the_list_is_narrowed_by_year_and_month_and_calls_cameras_by_name(
    station: Station, office: ManualClock
) -> None:
    """As every list: 年度 and month of the order; a search stays within them."""
    station.written(reference="中央刑第45号")
    office.set(parse_rfc3339("2026-06-14T02:14:00+09:00"))
    days = {"first_day": "2026-06-14", "last_day": "2026-06-14"}
    station.written(reference="中央刑第46号", **days)
    browser = station.desk.browser()

    def listed(**asked: str) -> str:
        return browser.get(reverse("police:extractions"), asked).content.decode()

    for asked, may, june in (
        ({}, True, True),
        ({"year": "2026"}, True, True),
        ({"year": "2026", "month": "5"}, True, False),
        ({"year": "2026", "month": "6", "q": "中央刑"}, False, True),
        ({"year": "2025"}, False, False),
    ):
        page = listed(**asked)
        assert ("中央刑第45号" in page, "中央刑第46号" in page) == (may, june), asked
        assert '<option value="2026"' in page
    assert "カメラcam-1" in listed()
    assert listed(month="6", year="2026").count('name="month" value="6"') == 1


def test_A16_who_has_no_station_orders_nothing(station: Station) -> None:
    nobody = station.desk.cast.person("police_operator")
    answer = station.desk.browser(nobody).get(reverse("police:order"))
    assert "所属の警察署が登録されていません" in answer.content.decode()


def test_an_order_is_taken_back_with_its_reason(station: Station) -> None:
    file = station.ordered()
    station.post(file, "withdraw", station.operator, reason="犯人が見つかったため")
    station.again(file, "withdrawn")
    assert (
        "犯人が見つかったため"
        in station.desk.browser(station.chief)
        .get(reverse("police:extraction", args=[file.extraction.pk]))
        .content.decode()
    )
