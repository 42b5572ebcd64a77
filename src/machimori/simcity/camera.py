# SPDX-License-Identifier: AGPL-3.0-or-later
"""A simulated camera: its clip, its sign-in, its faults and who is connected to it."""

import asyncio
import random
from dataclasses import dataclass, field

from machimori.simcity.auth import Gate
from machimori.simcity.clips import ClipSpec
from machimori.simcity.doors import Door
from machimori.simcity.errors import UnknownError
from machimori.simcity.faults import Arguments, check
from machimori.simcity.library import Library, varied
from machimori.simcity.runs import Reel
from machimori.simcity.wire import Wire


@dataclass(frozen=True, kw_only=True)
class FaultSet:
    """A fault as it was set; `serial` tells it from the same fault set another time."""

    serial: int
    arguments: Arguments


@dataclass
class Camera:
    """State of one camera. `epoch`: when it began, on the loop's clock; its loop counts from it.

    `report_every`: seconds between sender reports.
    """

    name: str
    base: ClipSpec
    gate: Gate
    library: Library
    epoch: float
    sound: bool
    report_every: float
    rng: random.Random
    patient: bool = False
    """A new client waits for the next key picture instead of having the last one at once. So key
    pictures of many cameras stay spread, however closely together they were asked to play."""
    door: Door | None = None
    """The camera's own listening port, where it has one."""
    faults: dict[str, FaultSet] = field(default_factory=dict)
    wires: set[Wire] = field(default_factory=set)
    spec: ClipSpec = field(init=False)
    played: list[ClipSpec] = field(init=False)
    """Every clip that the camera has had, in order: the truth of a recording."""
    challenged: int = 0
    """How often the fault `unauthorized` has acted."""
    _serial: int = 0

    def __post_init__(self) -> None:
        self.spec = self.base
        self.played = [self.base]

    def argument(self, name: str) -> Arguments | None:
        """The arguments of fault `name`, None while it is not set."""
        found = self.faults.get(name)
        return None if found is None else found.arguments

    def is_at(self, name: str, state: str) -> bool:
        """Whether fault `name` is set for the RTSP state `state`."""
        arguments = self.argument(name)
        return arguments is not None and arguments["at"] == state

    async def set(self, name: str, arguments: Arguments) -> None:
        """Put a fault on. Returns when it acts. Raises UnknownError."""
        complete = check(name, arguments)
        faults = {key: value.arguments for key, value in self.faults.items()} | {name: complete}
        await self._take_clip(faults)
        self._serial += 1
        self.faults[name] = FaultSet(serial=self._serial, arguments=complete)
        self.challenged = 0
        if name == "reboot":
            self.restart()
            seconds = float(complete["seconds"])
            asyncio.get_running_loop().call_later(seconds, self._booted)
        elif name == "refuse":
            self.restart()
        elif name == "half_open":
            for wire in self.wires:
                wire.fall_silent()
        self._move_door()

    async def clear(self, name: str | None) -> None:
        """Take a fault off, or all. Connections that fell silent are reset."""
        if name is not None and name not in self.faults:
            raise UnknownError(f"{self.name} has no fault {name!r}")
        names = list(self.faults) if name is None else [name]
        for each in names:
            self.faults.pop(each, None)
        await self._take_clip({key: value.arguments for key, value in self.faults.items()})
        self._move_door()
        if "half_open" in names:
            for wire in [wire for wire in self.wires if wire.silent]:
                wire.close(reset=True)

    def restart(self) -> None:
        """Lose all connections without a word, as at a loss of power."""
        for wire in list(self.wires):
            wire.close(reset=True)

    def _booted(self) -> None:
        self.faults.pop("reboot", None)
        self._move_door()

    def _move_door(self) -> None:
        if self.door is None:
            return
        if "refuse" in self.faults or "reboot" in self.faults:
            self.door.shut()
        elif self.is_at("hang", "connect"):
            self.door.clog()
        else:
            self.door.open()

    async def reel(self, channel: int) -> Reel:
        """What the camera plays now, for an interleaved channel."""
        return await self.library.reel(self.spec, channel)

    async def _take_clip(self, faults: dict[str, Arguments]) -> None:
        spec = varied(self.base, faults)
        if spec != self.spec:
            await self.library.clip(spec)
            self.spec = spec
            self.played.append(spec)
