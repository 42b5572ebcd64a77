# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a city seldom comes to: a round, a delegation that ends, 訂正, an old register, 補正."""

from django.urls import reverse
from tests.office.provision.rounds import NOTE, Round

from machimori.office.deputies.models import Delegation
from machimori.office.oversight.testing import bring_in
from machimori.office.people.models import Appointment, Person
from machimori.office.personnel.models import Duty, KeyEvent
from machimori.office.provision.testing import Desk

SEEN = {"on": "令和8年5月14日", "witness": "高橋 立会"}
LETTER = """時間を21時30分までにしてください。
駐輪場の入口と、そこから駅へ行く道のどちらを見たいのかが分かる図を付けてください。"""


def delegation(desk: Desk, deputy: Person) -> None:
    """The manager has ended one delegation, and is away for a fortnight."""
    desk.give_key(deputy)
    browser = desk.browser()
    days = {"first": "令和8年5月14日", "last": "令和8年5月29日"}
    for last in ("令和8年5月22日", "令和8年5月29日"):
        browser.post(reverse("deputies:new"), days | {"last": last, "deputy": deputy.pk})
        browser.post(reverse("deputies:sign_demo"))
        one = Delegation.objects.filter(deputy=deputy).latest("pk")
        if last != days["last"]:
            why = {"reason": "予定より早く戻った"}
            browser.post(reverse("deputies:end", args=[one.pk]), why)
            browser.post(reverse("deputies:end_sign_demo"))
            assert one.endings.exists()


def keys_and_duties(desk: Desk, wrong: Person, right: Person, guard: Person) -> None:
    """A key given out and corrected; a contractor's line corrected."""
    browser = desk.browser()
    typed = {"kind": "rack", "number": "R-1", "place": "1階警備員室の引き出し"}
    page = browser.post(reverse("personnel:key_new"), typed).headers["Location"]
    browser.post(page, SEEN | {"kind": "issued", "holder": wrong.pk, "text": "異動"})
    event = KeyEvent.objects.get(holder=wrong)
    address = reverse("personnel:key_correct", args=[event.key_id, event.pk])
    said = SEEN | {"kind": "issued", "holder": right.pk, "text": "異動", "reason": "人ちがい"}
    assert browser.post(address, said).status_code == 302
    duty = Duty.objects.get(appointment__in=Appointment.objects.filter(person=guard))
    said = {"place": "monitoring_room", "company": "堺総合警備", "reason": "報告の転記ちがい"}
    day = {"reported_on": f"{duty.reported_on:%Y-%m-%d}"}
    address = reverse("personnel:roster_correct", args=[duty.pk])
    assert browser.post(address, said | day).status_code == 302


def old_register(desk: Desk) -> None:
    """Two imported registers, of which one may be disposed of."""
    bring_in(desk, "令和2年4月3日", "令和3年3月30日")
    bring_in(desk, "令和6年4月4日")


def letters(desk: Desk) -> None:
    """A case that was sent back, and one that waits for the applicant."""
    back = desk.drafted()
    desk.post(back, "send_back", reason="時間が長すぎます")
    sent = desk.drafted()
    desk.post(sent, "send_back", reason="時間が長すぎます")
    desk.post(sent, "correction", due="R8.5.20", note=LETTER)
    desk.again(sent, "awaiting_correction")


def rounds(one: Round) -> dict[str, Person]:
    """Drafts at each place of a round of two, and one that came back."""
    first = one.desk.cast.person("operator")
    second = one.desk.cast.person("handling_supervisor")
    one.drafted()
    file = one.drafted()
    one.agree(file, first, note=NOTE)
    back = one.drafted()
    one.desk.post(back, "hand_back", first, reason="時間が長すぎます")
    decided = one.drafted()
    one.agree(decided, first, note=NOTE)
    one.agree(decided, second)
    return {"operator_round": first, "supervisor_round": second, "clerk_round": one.clerk}
