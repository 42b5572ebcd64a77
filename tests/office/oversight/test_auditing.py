# SPDX-License-Identifier: AGPL-3.0-or-later
"""監査: samples that can be drawn again, opinions, the ledger's verification from the page."""

import io

from django.urls import reverse
from pypdf import PdfReader

from machimori.office.jobs.testing import work_off
from machimori.office.oversight import auditing
from machimori.office.oversight.history import File, files_of, records
from machimori.office.oversight.testing import provided
from machimori.office.people.models import Person
from machimori.office.provision.testing import Desk

PERIOD = {"first": "令和8年5月1日", "last": "令和8年5月14日", "size": "2", "seed": "2026-05"}


def send(desk: Desk, person: Person, route: str, *args: object, **typed: str) -> str:
    address = reverse(f"oversight:{route}", args=args)
    return desk.browser(person).post(address, typed, follow=True).content.decode()


def read(desk: Desk, person: Person, route: str, *args: object) -> str:
    return desk.browser(person).get(reverse(f"oversight:{route}", args=args)).content.decode()


def only(desk: Desk, kind: str) -> File:
    [file] = files_of(list(records(desk.cast.scheme, kind)))  # type: ignore[arg-type]
    return file


def test_a_sample_is_drawn_looked_at_and_drawn_again(desk: Desk, operator: Person) -> None:
    provided(desk, operator)
    auditor = desk.cast.person("auditor")
    send(desk, auditor, "draw", **PERIOD)
    file = only(desk, "sample")
    assert file.opened["population"] == 3
    assert len(set(file.opened["names"])) == 2
    first = file.opened["names"][0]
    shown = read(desk, auditor, "sample", file.record.pk)
    assert "2026-05" in shown
    assert "確かめる" in shown
    assert "どこが正しくないか" in send(
        desk, auditor, "look", file.record.pk, first, sound="no", note=""
    )
    said = send(desk, auditor, "look", file.record.pk, first, sound="no", note="媒体番号がちがう")
    assert "媒体番号がちがう" in said
    again = desk.browser(auditor).get(
        reverse("oversight:sample", args=[file.record.pk]), {"again": "1"}
    )
    assert "同じ行になりました" in again.content.decode()
    provided(desk, operator)
    again = desk.browser(auditor).get(
        reverse("oversight:sample", args=[file.record.pk]), {"again": "1"}
    )
    assert ("ちがう行になりました" in again.content.decode()) is not auditing.same_again(file)


def test_another_seed_picks_others_and_the_same_seed_the_same() -> None:
    names = [f"provision-{number}" for number in range(1000)]
    one = auditing.choose(names, "a", 10)
    assert one == auditing.choose(names[::-1], "a", 10)
    assert set(one) != set(auditing.choose(names, "b", 10))


def test_an_opinion_is_replied_to(desk: Desk) -> None:
    auditor = desk.cast.person("auditor")
    send(desk, auditor, "give", about="街頭 第1号", text="範囲が広い")
    file = only(desk, "opinion")
    assert "範囲が広い" in read(desk, desk.manager, "audit")
    assert "返答を入れて" not in send(
        desk, desk.manager, "reply", file.record.pk, reason="次から30分までにする"
    )
    shown = read(desk, auditor, "audit")
    assert "次から30分までにする" in shown
    assert desk.manager.name in shown


def test_only_auditors_sample_and_give_opinions(desk: Desk) -> None:
    for route in ("draw", "give"):
        address = reverse(f"oversight:{route}")
        assert desk.browser().get(address).status_code == 403
    auditor = desk.cast.person("auditor")
    assert desk.browser(auditor).get(reverse("oversight:audit")).status_code == 200


def test_the_ledger_is_verified_from_the_page_and_the_result_printed(desk: Desk) -> None:
    auditor = desk.cast.person("auditor")
    send(desk, auditor, "verify")
    begun = only(desk, "verification")
    assert begun.state == "begun"
    assert "いま検証しています" in send(desk, auditor, "verify")
    assert [one.state for one in work_off(begun.record.pk)] == ["done"]
    done = only(desk, "verification").latest("check_done")
    assert done is not None
    assert done.data["problems"] == []
    assert done.data["size"] == done.data["signed"]
    assert "異常はありません" in read(desk, auditor, "audit")
    paper = desk.browser(auditor).get(reverse("oversight:check_paper", args=[begun.record.pk]))
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(paper.content)).pages)
    assert "異常なし" in text
    assert done.data["root"][:16] in text.replace("\n", "")
