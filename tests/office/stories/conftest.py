# SPDX-License-Identifier: AGPL-3.0-or-later
"""The stage of the stories: a real office of one city, and officials with Chromium and a key.

What an official does goes through `Seat`, which keeps the screens on which somebody acted and what
was typed, judges each page (axe, width at 1280 and 820 pixels and at 200 %), and takes its picture
for `build/screens/<city>/`.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, Final

import pytest
from django.conf import settings
from tests.office.stories.seat import ROOT
from tests.office.stories.story import Story

from machimori.kernel.clock import ManualClock
from machimori.ledger.testing import LedgerProcess

SCREENS: Final = ROOT / "build" / "screens"
CAMERAS: Final = {
    "asahikawa": ("昭和通り", "三条昭和通り1"),
    "inzai": ("駅前", "駅北口1"),
    "matsudo": ("駅前", "駅前北口1", "駅前北口2"),
    "saga": ("佐賀市内", "愛敬通り1", "佐賀駅前1"),
    "sakai": ("本館", "本館1階正面玄関"),
}
"""Where the cities' cameras stand, and what they are called."""


@pytest.fixture
def stage(
    origin: str, database: LedgerProcess, clock: ManualClock
) -> Callable[..., AbstractContextManager[Story]]:
    """A city's office with vault and footage: `with stage("matsudo") as story:`."""
    from machimori.office.provision.testing_engine import engine_desk

    @contextmanager
    def set_up(city: str, **options: Any) -> Iterator[Story]:
        pictures = SCREENS / city
        shutil.rmtree(pictures, ignore_errors=True)
        pictures.mkdir(parents=True)
        place, *called = CAMERAS[city]
        options |= {"profile": city, "place": place, "called": called}
        with engine_desk(clock, database, **options) as desk:
            yield Story(desk=desk, address=origin, pictures=pictures)

    return set_up


@pytest.fixture
def in_earnest(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on the office is no demo: its pages offer no software key."""

    from machimori.office.shared.config import config

    def switch() -> None:
        monkeypatch.setattr(settings, "OFFICE", replace(config(), demo=False))

    return switch
