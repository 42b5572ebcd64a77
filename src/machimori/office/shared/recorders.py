# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recorders of this machine, as their own files describe them, and what their local port says.

What a recorder says of itself is shown, never believed: what was recorded, the store's signed
records say.
"""

import datetime as dt
import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from machimori.kernel.errors import MachimoriError
from machimori.kernel.ids import SchemeId
from machimori.office.shared.config import config
from machimori.recorder.config import RecorderConfig
from machimori.recorder.feed import PUBLIC

FILE: Final = "recorder.toml"
_SECONDS: Final = 1.0
"""For an answer: a page does not wait longer for a recorder that hangs."""
_FRESH: Final = 3.0
"""Seconds for which an answer serves the next page too."""
_LARGEST: Final = 32 << 20
_answers: Final[dict[tuple[str, int], tuple[float, dict[str, Any] | None]]] = {}


@dataclass(frozen=True, kw_only=True)
class CameraHealth:
    """How the recorder finds a camera, now."""

    recording: bool
    last: dt.datetime | None
    """When its newest footage arrived."""
    bits_per_second: int
    reconnects: int
    """Sessions since the recorder started, but the first."""
    cause: str
    """Of the open gap; empty while it is recorded."""


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """A recorder. `report` is its health, None if it does not answer."""

    config: RecorderConfig
    report: Mapping[str, Any] | None

    @property
    def cameras(self) -> Mapping[str, CameraHealth]:
        """By the cameras' ids."""
        found = (self.report or {}).get("cameras", {})
        return {name: _health(values) for name, values in found.items()}

    @property
    def own(self) -> Mapping[str, Any]:
        """What it says of itself; empty if it does not answer."""
        return dict((self.report or {}).get("recorder", {}))

    def public(self) -> bytes:
        """The key to which its cameras' passwords are sealed. Raises OSError before its start."""
        return (self.config.directory / PUBLIC).read_bytes()


@dataclass(frozen=True, kw_only=True)
class Recorders:
    """Those that could be read, and the directories whose file could not."""

    found: tuple[Recorder, ...] = ()
    broken: tuple[str, ...] = field(default=())

    def of(self, scheme: SchemeId) -> tuple[Recorder, ...]:
        """Those that record this scheme's cameras."""
        return tuple(one for one in self.found if one.config.scheme == scheme)

    def cameras(self) -> Mapping[str, CameraHealth]:
        """Every camera that any of them reports."""
        return {name: health for one in self.found for name, health in one.cameras.items()}


def forget() -> None:
    """Ask every recorder anew at the next page."""
    _answers.clear()


def recorders(*, ask: bool = True) -> Recorders:
    """The recorders of this machine; without `ask` nobody's health is asked."""
    place = config().recorders
    if place is None or not place.is_dir():
        return Recorders()
    found, broken = [], []
    for path in sorted(place.glob(f"*/{FILE}")):
        try:
            read = RecorderConfig.load(path)
        except MachimoriError:
            broken.append(path.parent.name)
            continue
        report = _report(read.listen) if ask else None
        found.append(Recorder(config=read, report=report))
    return Recorders(found=tuple(found), broken=tuple(broken))


def _report(address: tuple[str, int] | None) -> dict[str, Any] | None:
    if address is None or address[1] == 0:
        return None
    asked, known = _answers.get(address, (-_FRESH, None))
    if time.monotonic() - asked < _FRESH:
        return known
    answer: dict[str, Any] | None = None
    try:
        url = "http://{}:{}/health".format(*address)
        with urllib.request.urlopen(url, timeout=_SECONDS) as response:  # noqa: S310 – own port
            answer = dict(json.loads(response.read(_LARGEST)))
    except (OSError, ValueError):
        answer = None
    _answers[address] = (time.monotonic(), answer)
    return answer


def _health(values: Mapping[str, Any]) -> CameraHealth:
    gap = values.get("gap")
    # A camera that never sent anything has the recorder's own start for its last arrival.
    seen = values["bytes"] > 0 and values["last"]
    return CameraHealth(
        recording=bool(values["up"]),
        last=dt.datetime.fromisoformat(values["last"]) if seen else None,
        bits_per_second=int(values["bits_per_second"]),
        reconnects=max(0, int(values["sessions"]) - 1),
        cause=gap["cause"] if gap else "",
    )
