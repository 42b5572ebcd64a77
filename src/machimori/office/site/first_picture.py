# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the click on 「この範囲を開く」 to the first picture, and from a jump to its picture.

What is timed is all that the office does: the rules, ledger and sequencer, the vault's release in
its own process, the player's page, and of every camera the head and first complete fragment of the
film. Through Django's client: neither network nor browser is in it.
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

from machimori.kernel.clock import Clock
from machimori.ledger.testing import LedgerProcess
from machimori.office.provision.testing_engine import engine_desk

CAMERAS: Final = 3
_AGAIN: Final = 7
_SEEKS: Final = (20, 95, 40, 170, 130)
"""Seconds after the beginning to which the player jumps."""


@dataclass(frozen=True, kw_only=True)
class Waits:
    """Seconds, in the order measured."""

    first_picture: tuple[float, ...]
    seek: tuple[float, ...]


def measure(clock: Clock, ledger: LedgerProcess, *, size: tuple[int, int]) -> Waits:
    """Three cameras, three minutes, pictures of this size; each opening is one of its own."""
    opened: list[float] = []
    sought: list[float] = []
    with engine_desk(clock, ledger, cameras=CAMERAS, size=size) as desk:
        for _ in range(_AGAIN):
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
    for at in _SEEKS:
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
