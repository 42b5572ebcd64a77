# SPDX-License-Identifier: AGPL-3.0-or-later
"""集計 from the facts, and the report for the public from the ledger."""

import csv
import io
import re
from dataclasses import replace

import pytest
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import parse_rfc3339
from machimori.ledger.entry import Entry
from machimori.ledger.testing import MemoryLedger
from machimori.office.internal.testing import Users
from machimori.office.jobs.testing import work_off
from machimori.office.oversight import reporting
from machimori.office.oversight.history import records
from machimori.office.oversight.testing import provided
from machimori.office.people.models import Person
from machimori.office.provision.testing import Desk
from machimori.office.shared.engine import engine, install


def counted(desk: Desk) -> dict[tuple[str, str], dict[str, str]]:
    """The CSV, by group and item."""
    answer = desk.browser().get(reverse("oversight:counts"), {"as": "csv"})
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    return {(line[0], line[1]): dict(zip(head, line, strict=True)) for line in lines}


def test_a_year_is_counted_by_month_and_ground(
    desk: Desk, operator: Person, office: ManualClock
) -> None:
    provided(desk, operator)
    refused = desk.drafted()
    office.advance(2 * 24 * 3600)
    desk.act(refused, "refuse", reason="範囲が広すぎる", clause="")
    desk.take_in()
    found = counted(desk)
    whole = found["提供の申請", "計"]
    assert (whole["件数"], whole["承認"], whole["不承認"]) == ("3", "1", "1")
    assert (whole["提供"], whole["決定前"]) == ("1", "1")
    assert whole["決定までの日数（中央値）"] == "1.0"
    assert found["月別", "5月"]["件数"] == "3"
    [ground] = [name for group, name in found if group == "根拠別"]
    assert found["根拠別", ground]["件数"] == "3"
    assert found["画像を開いた回数", "取出し"]["件数"] == "1"
    page = desk.browser().get(reverse("oversight:counts"), {"year": "2025"})
    assert "月別" not in page.content.decode()


def test_urgent_requests_and_internal_uses_are_counted(
    desk: Desk, operator: Person, office: ManualClock
) -> None:
    """Beside the ordinary way: 急ぎの提供 within the requests, 内部利用 on a line of its own."""
    desk.take_in(document="", document_number="", document_day="", said=["form_filed", "urgent"])
    desk.take_in()
    users = Users.of(desk)
    users.sign(users.drafted())
    users.drafted()
    found = counted(desk)
    assert found["提供の申請", "計"]["件数"] == "2"
    assert found["提供の申請", "うち急ぎの提供"]["件数"] == "1"
    line = found["内部利用", "計"]
    assert (line["件数"], line["承認"], line["不承認"]) == ("2", "1", "0")
    assert found["監視", "監視勤務"]["件数"] == "0"
    assert found["直接取得", "計"]["件数"] == "0"


def test_the_page_of_registers_shows_each_person_what_they_may_enter(
    desk: Desk, office: ManualClock
) -> None:
    """Every link leads somewhere; the police see their own registers alone."""
    page = desk.browser().get(reverse("oversight:registers")).content.decode()
    links = re.findall('<h3><a href="([^"]+)">', page)
    assert len(links) >= 16
    browser = desk.browser()
    assert {browser.get(link).status_code for link in links} == {200}
    chief = desk.browser(desk.cast.person("police_image_manager"))
    own = re.findall(
        '<h3><a href="([^"]+)">', chief.get(reverse("oversight:registers")).content.decode()
    )
    assert reverse("oversight:statements") in own
    assert reverse("oversight:complaints") not in own
    assert {chief.get(link).status_code for link in own} == {200}


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"a": 9, "b": 0}, {"a": "9", "b": "0"}),
        ({"a": 9, "b": 2, "c": 7}, {"a": "9", "b": "5未満", "c": "公表しません"}),
        ({"a": 9, "b": 2, "c": 1}, {"a": "9", "b": "5未満", "c": "5未満"}),
        ({"a": 1}, {"a": "5未満"}),
    ],
)
def test_small_numbers_are_not_told_nor_given_away(
    counts: dict[str, int], told: dict[str, str]
) -> None:
    assert reporting.careful(counts, 5) == told


def entry(of: str, at: str, subject: dict[str, str], **data: object) -> Entry:
    return Entry(
        type=of,  # type: ignore[arg-type]
        at=parse_rfc3339(at),
        subject=subject,
        data=data,
    )


def test_P10_the_public_report_is_counted_from_the_ledger_alone(
    desk: Desk, office: ManualClock
) -> None:
    """Not from the cases: an opening that the office's tables do not know is counted, another
    scheme's is not; the public page shows it once the manager publishes, small counts withheld."""
    scheme = desk.cast.scheme.pk
    memory = MemoryLedger()
    install(replace(engine(), ledger=memory))
    day = "2026-04-10T09:00:00+09:00"
    memory.append(
        entry(
            "authorisation.signed",
            day,
            {"case": "c-1", "scheme": scheme},
            authorisation="aa",
            ground="investigation",
        ),
        entry("authorisation.signed", day, {"case": "c-2", "scheme": "other"}, authorisation="bb"),
        *(entry("release.made", day, {"case": "c-1"}, authorisation="aa") for _ in range(6)),
        entry("release.made", day, {"case": "c-2"}, authorisation="bb"),
        entry("provision.step", day, {"case": "c-1", "scheme": scheme}, kind="taken_in"),
        entry("provision.step", day, {"case": "c-1", "scheme": scheme}, kind="authorised"),
        entry(
            "provision.step",
            "2026-05-10T09:00:00+09:00",
            {"case": "c-9", "scheme": scheme},
            kind="taken_in",
        ),
        *(
            entry("internal.step", day, {"case": "u-1", "scheme": scheme}, kind="permitted")
            for _ in range(7)
        ),
        *(
            entry("direct.step", day, {"case": "d-1", "scheme": scheme}, kind="acquired")
            for _ in range(8)
        ),
        *(
            entry("watch.step", day, {"shift": "s-1", "scheme": scheme}, kind="begun")
            for _ in range(9)
        ),
    )
    desk.browser().post(reverse("oversight:compute"))
    [row] = records(desk.cast.scheme, "report")
    assert [one.state for one in work_off(row.pk)] == ["done"]
    public = reverse("oversight:public_report", args=[scheme])
    assert desk.cast.browser().get(public).status_code == 404
    inside = desk.browser().get(reverse("oversight:report")).content.decode()
    assert "<td>保管庫が画像を開けた</td><td>6</td>" in inside
    assert "<td>提供の申請を受けた</td><td>1</td><td>5未満</td>" in inside
    for line in ("内部利用を許可した</td><td>7", "直接取得した</td><td>8", "始めた</td><td>9"):
        assert f"{line}</td>" in inside
    auditor = desk.cast.person("auditor")
    publish = reverse("oversight:publish", args=[row.pk])
    assert desk.browser(auditor).post(publish).status_code == 403
    desk.browser().post(publish)
    answer = desk.cast.browser().get(public)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "<td>保管庫が画像を開けた</td><td>6</td>" in text
    assert "<td>提供の申請を受けた</td><td>5未満</td>" in text
    assert "令和8年度" in text
