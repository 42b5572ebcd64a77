# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's share from the click on 「この範囲を開く」 to the first picture, and from a jump.

What is timed is all that the office does: the rules, ledger and sequencer, the vault's release in
its own process, the player's page, and of every camera the head and first complete fragment of the
film. Through Django's client: neither network nor browser is in it (`first_picture_browser.py`).
"""

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any, Final

from django.test import Client
from django.urls import reverse

from machimori.office.provision.testing_engine import EngineDesk

SEEKS: Final = (20, 95, 40, 170, 130)
"""Seconds after the beginning to which the player jumps."""


@dataclass(frozen=True, kw_only=True)
class Waits:
    """Seconds, in the order measured."""

    first_picture: tuple[float, ...]
    seek: tuple[float, ...]


def measure(desk: EngineDesk, *, times: int) -> Waits:
    """So many openings, each of its own case, and the jumps in each."""
    opened: list[float] = []
    sought: list[float] = []
    for _ in range(times):
        file, browser = desk.instructed(), desk.browser()
        address = reverse("viewing:open", args=[file.case.pk])
        began = time.monotonic()
        page = browser.post(address, follow=True).content.decode()
        cameras = _reel(page)["cameras"]
        for camera in cameras:
            _first_fragment(browser, camera["pieces"][0]["address"], 0)
        opened.append(time.monotonic() - began)
        sought += _seeks(browser, cameras)
    return Waits(first_picture=tuple(opened), seek=tuple(sought))


def _seeks(browser: Client, cameras: list[dict[str, Any]]) -> Iterator[float]:
    for at in SEEKS:
        began = time.monotonic()
        for camera in cameras:
            piece = next(one for one in camera["pieces"] if one["start"] <= at < one["end"])
            _first_fragment(browser, piece["address"], at)
        yield time.monotonic() - began


def _reel(page: str) -> dict[str, Any]:
    found = re.search(r'data-reel="([^"]*)"', page)
    assert found is not None, "the viewing was not opened"
    told: dict[str, Any] = json.loads(unescape(found[1]))
    return told


def _first_fragment(browser: Client, address: str, at: int) -> None:
    """Read until a head and one whole fragment are there: from there on a player has a picture."""
    answer = browser.get(address, {"since": at * 1_000_000})
    parts: Iterable[bytes] = answer.streaming_content  # type: ignore[attr-defined]  # it streams
    read = b""
    for part in parts:
        read += part
        if b"moof" in read and b"mdat" in read:
            answer.close()
            return
    raise AssertionError("no picture came")
