# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deciding through the pages: one by one, all at once, and what the document does not allow."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.ledger.entry import Entry
from machimori.office.people.testing import Cast
from machimori.office.rules import access
from machimori.office.rules.models import Adoption, Resolution, Start
from machimori.policy.adoption import OpenPoint, undecided

TODAY = dt.date(2026, 5, 14)


def recorded(kind: str) -> list[Entry]:
    """What this test's transaction has put before the sequencer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM ledger.pending ORDER BY seq")
        found = [Entry.decode(bytes(row[0])) for row in cursor.fetchall()]
    return [entry for entry in found if entry.type == kind]


def undecided_of(cast: Cast) -> tuple[OpenPoint, ...]:
    return undecided(access.in_force(cast.scheme, TODAY))


def decide(
    browser: Client, key: str, value: Any, *, since: str = "R8.5.14", number: str = "総第12号"
) -> Any:
    """Fill in the form of a question as an official does."""
    return browser.post(
        reverse("rules:decide", args=[key]),
        {
            "value": value,
            "reason": "市の事情による",
            "number": number,
            "adopted_on": "令和8年5月14日",
            "effective_from": since,
        },
    )


def adopt_all(browser: Client, *, number: str = "総第12号", since: str = "R8.5.14") -> Any:
    return browser.post(
        reverse("rules:adopt_all"),
        {"number": number, "adopted_on": "R8.5.14", "effective_from": since},
    )


def test_A10_no_start_before_one_whole_number_of_days(office: ManualClock) -> None:
    """旭川 leaves one to two weeks: everything else is decided, the start is refused and names the
    days; 15 days are refused with the clause; with 10 days the scheme starts."""
    cast = Cast.of(office, profile="asahikawa")
    browser = cast.browser(cast.person("system_manager"))
    # An answer may bring up further questions, so ask again until only the days are left.
    while left := [one for one in undecided_of(cast) if one.key != "retention.days"]:
        for point in left:
            value = point.answer.recommended
            typed = ("yes" if value else "no") if isinstance(value, bool) else value
            assert decide(browser, point.key, typed).status_code == 302, point.key

    start = browser.post(reverse("rules:start"), {"starts_on": "R8.5.20"})
    assert start.status_code == 403
    assert "「保存する日数」が決まっていません。" in start.content.decode()
    assert "旭川 3(3)" in start.content.decode()
    cast.scheme.refresh_from_db()
    assert cast.scheme.started_on is None
    page = browser.get(reverse("rules:question", args=["retention.days"])).content.decode()
    assert "「保存する日数」が決まっていません" in page
    assert "旭川市の骨子3(3)" in page
    assert "7日以上、14日以下" in page

    beyond = decide(browser, "retention.days", 15)
    assert beyond.status_code == 403
    said = "旭川市の骨子3(3)が市に任せているのは、7日以上、14日以下です。"
    assert said in beyond.content.decode()
    mine = Adoption.objects.filter(resolution__scheme=cast.scheme, key="retention.days")
    assert not mine.exists()
    assert decide(browser, "retention.days", 10).status_code == 302
    assert "この日から制度を始める" in browser.get(reverse("rules:start")).content.decode()
    assert browser.post(reverse("rules:start"), {"starts_on": "R8.5.20"}).status_code == 302
    cast.scheme.refresh_from_db()
    assert cast.scheme.started_on == dt.date(2026, 5, 20)
    assert access.in_force(cast.scheme, TODAY).retention().days == 10
    assert recorded("scheme.started")[-1].data["starts_on"] == "2026-05-20"
    assert browser.post(reverse("rules:start"), {"starts_on": "R8.5.21"}).status_code == 403
    assert Start.objects.filter(scheme=cast.scheme).count() == 1


def test_P6_the_page_counts_explains_and_adopts_all(office: ManualClock) -> None:
    """堺 leaves seven questions that the start waits for; the pages say so, and why each proposal;
    one decision later every answer names the city, the document or the standard."""
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    assert "決まっていないこと　あと7項目" in browser.get("/").content.decode()
    page = browser.get(reverse("rules:open")).content.decode()
    assert "あと7項目です" in page
    assert "「定期的に」の間隔は書かれていません。" in page
    assert "堺市の要領10(2)" in page
    assert "保全の日数　30日" in page
    assert "あわせて26項目" in page

    assert adopt_all(browser).status_code == 302
    listed = browser.get(reverse("rules:answers"), {"q": "パスワードを変える間隔"}).content.decode()
    assert "180日" in listed
    assert "市の決定（令和8年5月14日 決裁 総第12号）" in listed
    assert "決まっていないこと" not in browser.get("/").content.decode()
    saved = browser.get(reverse("rules:answers"), {"as": "csv"}).content.decode("utf-8-sig")
    assert len(saved.splitlines()) > 150
    assert "決まっていません" not in saved
    assert "堺市の要領10(3)" in saved


def test_K21_a_running_date_sees_the_rules_of_its_day(office: ManualClock) -> None:
    """A later decision holds from its own day on; who asks for a day before it sees the earlier
    one, in the page too."""
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    adopt_all(browser)
    browser.post(reverse("rules:start"), {"starts_on": "R8.5.14"})
    key = "access.rotation_days"
    today = decide(browser, key, 90)
    assert today.status_code == 403
    assert "あすからの日を入れてください" in today.content.decode()
    assert decide(browser, key, 90, since="R8.6.1", number="総第20号").status_code == 302

    assert access.in_force(cast.scheme, dt.date(2026, 5, 31)).number(key) == 180
    assert access.in_force(cast.scheme, dt.date(2026, 6, 1)).number(key) == 90
    eve = access.in_force(cast.scheme, TODAY - dt.timedelta(days=1))
    assert eve.answer(key).status == "unset"
    for day, value in (("R8.5.31", "180日"), ("R8.6.1", "90日")):
        asked = {"q": "パスワードを変える間隔", "on": day}
        assert value in browser.get(reverse("rules:answers"), asked).content.decode()
    history = browser.get(reverse("rules:question", args=[key])).content.decode()
    assert history.index("総第20号") < history.index("総第12号", history.index("これまで"))


def test_K11_what_the_document_states_is_refused_with_its_clause(office: ManualClock) -> None:
    """No page makes 堺's fourteen days another number: it names the clause that says them."""
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    answer = decide(browser, "retention.days", 7)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "文書の定めと食い違います" in page
    assert "堺市の要領10(3)は「14日」と定めています。" in page
    assert not Resolution.objects.filter(scheme=cast.scheme).exists()


def test_an_entry_holds_the_value_s_digest_and_no_text(office: ManualClock) -> None:
    cast = Cast.of(office, profile="asahikawa")
    manager = cast.person("system_manager")
    decide(cast.browser(manager), "notices.text", "カメラ作動中 堺市")
    entry = recorded("adoption.made")[-1]
    row = Adoption.objects.get(key="notices.text", resolution__scheme=cast.scheme)
    assert entry.data["key"] == "notices.text"
    assert entry.subject["by"] == manager.officer
    assert set(entry.commitments) == {"reason", "number"}
    encoded = entry.encode().decode()
    assert "作動中" not in encoded
    assert "市の事情" not in encoded
    assert "総第12号" not in encoded
    assert row.resolution.adopted_by == manager


def test_the_number_follows_once(office: ManualClock) -> None:
    """All answers of one 決裁 get its number together, and never another."""
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    adopt_all(browser, number="")
    assert "決裁番号がまだ入っていない決定　1件" in browser.get("/").content.decode()
    one = Resolution.objects.get(scheme=cast.scheme)
    address = reverse("rules:number", args=[one.pk])
    assert browser.post(address, {"number": "総第30号"}).status_code == 302
    listed = browser.get(reverse("rules:answers"), {"q": "総第30号"}).content.decode()
    assert "市の決定（令和8年5月14日 決裁 総第30号）" in listed
    assert browser.post(address, {"number": "総第31号"}).status_code == 403
    assert recorded("adoption.numbered")[-1].subject["resolution"] == str(one.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Resolution.objects.filter(pk=one.pk).update(number="総第32号")


@pytest.mark.parametrize(
    ("adopted_on", "effective_from", "said"),
    [
        ("R8.5.15", "R8.5.15", "決裁の日がまだ来ていません"),
        ("R8.4.1", "R8.5.13", "さかのぼっては決められません"),
    ],
)
def test_days_out_of_order_are_refused(
    office: ManualClock, adopted_on: str, effective_from: str, said: str
) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    sent = {"number": "", "adopted_on": adopted_on, "effective_from": effective_from}
    assert said in browser.post(reverse("rules:adopt_all"), sent).content.decode()
    assert not Resolution.objects.filter(scheme=cast.scheme).exists()


def test_a_running_scheme_never_comes_to_contradict_itself(office: ManualClock) -> None:
    """Opening after closing: before the start it is shown and stops the start, then refused."""
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    adopt_all(browser)
    decide(browser, "calendar.opens_at", "18:00")
    page = browser.get(reverse("rules:start")).content.decode()
    assert "早朝の始まり、開庁、閉庁の順になっていません。" in page
    assert browser.post(reverse("rules:start"), {"starts_on": "R8.5.14"}).status_code == 403
    decide(browser, "calendar.opens_at", "09:00")
    browser.post(reverse("rules:start"), {"starts_on": "R8.5.14"})
    refused = decide(browser, "calendar.opens_at", "18:00", since="R8.5.15")
    assert refused.status_code == 403
    assert "ほかの決まりと食い違います" in refused.content.decode()


def test_readers_read_and_find_no_form(office: ManualClock) -> None:
    cast = Cast.of(office)
    for post in ("auditor", "handling_supervisor"):
        browser = cast.browser(cast.person(post))
        for name in ("rules:answers", "rules:open", "rules:resolutions"):
            assert browser.get(reverse(name)).status_code == 200
        page = browser.get(reverse("rules:question", args=["access.rotation_days"]))
        assert "この値に決める" not in page.content.decode()
        assert adopt_all(browser).status_code == 403
        assert browser.get(reverse("rules:start")).status_code == 403


def test_another_scheme_s_decisions_are_not_there(office: ManualClock) -> None:
    cast, other = Cast.of(office), Cast.of(office)
    adopt_all(cast.browser(cast.person("system_manager")))
    one = Resolution.objects.get(scheme=cast.scheme)
    browser = other.browser(other.person("system_manager"))
    assert browser.get(reverse("rules:resolution", args=[one.pk])).status_code == 404
    assert browser.post(reverse("rules:number", args=[one.pk]), {"number": "1"}).status_code == 404
    assert access.in_force(other.scheme, TODAY).answer("access.rotation_days").status == "unset"


@pytest.mark.parametrize("name", ["matsudo", "saga", "inzai", "asahikawa", "sakai"])
def test_every_question_of_every_document_has_a_page(office: ManualClock, name: str) -> None:
    """Forms of every kind draw and name what they ask, before and after a decision."""
    cast = Cast.of(office, profile=name)
    browser = cast.browser(cast.person("system_manager"))
    rules = access.in_force(cast.scheme, TODAY)
    for key in list(rules.answers)[::7]:
        page = browser.get(reverse("rules:question", args=[key])).content.decode()
        stated = rules.answer(key).status == "stated"
        nothing = "選ぶものはありません" in page
        assert ('name="value"' in page or nothing) is not stated, key
    assert adopt_all(browser).status_code == 302
    assert browser.post(reverse("rules:start"), {"starts_on": "R8.5.14"}).status_code == 302


def test_what_is_decided_for_april_counts_before(office: ManualClock) -> None:
    """Before the start the pages show what is decided for the day of effect, and the scheme can
    start on that day, not on one before it."""
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    adopt_all(browser, since="R9.4.1")
    assert "決まっていないこと　あと" not in browser.get("/").content.decode()
    assert "令和9年4月1日" in browser.get(reverse("rules:start")).content.decode()
    early = browser.post(reverse("rules:start"), {"starts_on": "R9.3.31"})
    assert early.status_code == 403
    assert browser.post(reverse("rules:start"), {"starts_on": "R9.4.1"}).status_code == 302
