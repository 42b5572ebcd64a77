# SPDX-License-Identifier: AGPL-3.0-or-later
"""The screen in Debian's Chromium: the picture moves, and is gone when nobody may watch."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Thread

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.watching.access import at_terminal
from machimori.office.watching.testing import Room, allow
from machimori.recorder.errors import LiveBusyError
from machimori.recorder.live.client import LiveClient

AXE = Path(__file__).resolve().parents[3] / "frontend/node_modules/axe-core/axe.min.js"
SHOWN = "[...document.querySelectorAll('.watch video')].map((one) => one.currentTime)"
BEHIND = """
[...document.querySelectorAll('.watch video')].map(
    (one) => one.buffered.end(one.buffered.length - 1) - one.currentTime)
"""
NOTES = "[...document.querySelectorAll('.player-gap')].map((one) => one.textContent)"
PIXELS = """
(() => {
  const video = document.querySelector(".watch video");
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const place = canvas.getContext("2d");
  place.drawImage(video, 0, 0);
  return [...place.getImageData(0, 0, canvas.width, canvas.height).data].reduce(
    (sum, one, at) => (sum * 31 + one * (at % 251)) % 4294967291, 7);
})()
"""


def until(page: Page, condition: str) -> None:
    """Wait by the debugger, because the page's policy forbids Playwright's own waiting."""
    deadline = time.monotonic() + 40
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(50)


@pytest.fixture
def codecs() -> tuple[str, ...]:
    return ("h264", "h265", "mjpeg")


def test_K6_the_picture_moves_and_goes_when_the_shift_is_over(
    real: EngineDesk,
    address: str,
    surf: Callable[[Client], AbstractContextManager[Page]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cameras of H.264, H.265 and MJPEG move within three seconds of what they send, nothing can be
    paused, and when the manager ends the shift not even the last picture stays. A camera too many
    to be converted says so, and goes on saying it."""
    allow(real, *real.cameras)
    room = Room.of(real)
    guard = room.guard()
    client, manager = room.browser(guard), real.browser()
    client.post(reverse("watching:begin"))
    file = at_terminal(room.terminal)
    assert file is not None
    end = reverse("watching:end", args=[file.shift.pk])
    wrong: list[str] = []
    with surf(client) as page:
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address + reverse("watching:page"))
        until(page, f"{SHOWN}.length === 3 && {SHOWN}.every((one) => one > 0.5)")
        first = page.evaluate(PIXELS)
        until(page, f"{PIXELS} !== {first}")
        assert all(behind < 3 for behind in page.evaluate(BEHIND))
        page.evaluate("document.querySelector('.watch video').pause()")
        until(page, "!document.querySelector('.watch video').paused")
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run().then((one) => one.violations.map((v) => v.id))")
        assert found == []
        with monkeypatch.context() as patched:
            patched.setattr(LiveClient, "read", _busy)
            page.wait_for_timeout(6_000)
            notes = page.evaluate(NOTES)
            assert ["（H.265など）を超えた" in one for one in notes] == [True] * 3
        ending = Thread(target=_post, args=(manager, end))
        ending.start()
        ending.join()
        until(page, "document.querySelector('.watch-said').textContent.includes('終わっています')")
        assert page.evaluate("document.querySelector('.watch video').readyState") == 0
    assert wrong == []


def _busy(*_asked: object) -> None:
    raise LiveBusyError("too many cameras are turned into H.264")


def _post(client: Client, address: str) -> None:
    client.post(address)
    connections.close_all()
