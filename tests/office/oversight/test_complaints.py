# SPDX-License-Identifier: AGPL-3.0-or-later
"""The register of complaints, under 印西's guideline."""

from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.oversight.history import files_of, records
from machimori.office.provision.testing import Desk

SAID = {
    "on": "令和8年5月14日",
    "channel": "telephone",
    "who": "",
    "camera": "カメラcam-1",
    "content": "うちの玄関が写っている",
}


def test_I14_a_complaint_has_a_due_day_is_chased_and_answered(office: ManualClock) -> None:
    """Taken without a name, due by the rules' days, overdue on the first page, answered, closed."""
    desk = Desk.of(office, profile="inzai")
    auditor = desk.cast.person("auditor")
    browser = desk.browser()
    page = browser.post(reverse("oversight:receive"), SAID, follow=True).content.decode()
    assert "令和8年5月28日" in page
    [file] = files_of(list(records(desk.cast.scheme, "complaint")))
    today = browser.get(reverse("people:today")).content.decode()
    assert "うちの玄関が写っている" in today
    office.advance(15 * 24 * 3600)
    browser = desk.browser()
    today = browser.get(reverse("people:today")).content.decode()
    assert "期限を過ぎています 令和8年5月28日" in today
    address = reverse("oversight:complaint_reply", args=[file.record.pk])
    browser.post(address, {"action": "マスクを入れた", "reply": "電話で伝えた"})
    assert "うちの玄関" not in browser.get(reverse("people:today")).content.decode()
    browser.post(reverse("oversight:complaint_close", args=[file.record.pk]))
    shown = desk.browser(auditor).get(reverse("oversight:complaint", args=[file.record.pk]))
    for text in ("マスクを入れた", "電話で伝えた", "終わった"):
        assert text in shown.content.decode()
    refused = desk.browser(auditor).post(address, {"action": "a", "reply": "b"})
    assert refused.status_code == 403
