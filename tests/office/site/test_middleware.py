# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every answer carries, and what is never written down."""

import logging

import pytest
from django.test import Client, RequestFactory

from machimori.kernel.clock import ManualClock
from machimori.office.people.testing import Cast
from machimori.office.site.middleware import MAX_BODY, Outermost


def test_every_answer_is_closed_to_scripts_frames_and_caches(office: ManualClock) -> None:
    for answer in (
        Cast.of(office).browser().get("/sign-in/"),
        Cast.of(office).browser().get("/nowhere/"),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "<style" not in answer.content.decode()
        assert " style=" not in answer.content.decode()
        assert " onclick=" not in answer.content.decode()


def test_a_form_without_its_token_is_refused(office: ManualClock) -> None:
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    answer = client.post("/sign-in/password/", {"login": "a", "password": "b"})
    assert answer.status_code == 403
    assert "時間がたちすぎました" in answer.content.decode()


def test_another_host_is_refused(office: ManualClock) -> None:
    client = Client(SERVER_NAME="evil.example", raise_request_exception=False)
    assert client.get("/sign-in/").status_code == 400


def test_a_body_beyond_the_limit_is_refused_unread(office: ManualClock) -> None:
    client = Client(SERVER_NAME="localhost")
    answer = client.generic("POST", "/sign-in/password/", b"x" * (MAX_BODY + 1))
    assert answer.status_code == 413


def test_a_failure_is_logged_without_what_was_typed(
    office: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    request = RequestFactory().get("/appointments/4711/?q=sato")
    with caplog.at_level(logging.ERROR, logger="machimori.office"):
        try:
            raise ValueError("佐藤 花子")
        except ValueError as error:
            Outermost(lambda _: None).process_exception(request, error)  # type: ignore[arg-type, return-value]
    assert "ValueError failed in route" in caplog.text
    for secret in ("佐藤", "4711", "sato"):
        assert secret not in caplog.text


def test_pages_that_fail_say_what_to_do(office: ManualClock) -> None:
    answer = Cast.of(office).browser().get("/nowhere/")
    assert answer.status_code == 404
    assert "一覧から探してください" in answer.content.decode()


def test_what_does_not_exist_is_an_answer_and_no_failure(
    office: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    cast = Cast.of(office)
    answer = cast.browser(cast.person("auditor")).get("/cases/nothing/")
    assert answer.status_code == 404
    assert not [one for one in caplog.records if one.name.startswith("machimori")]
