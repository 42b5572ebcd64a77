# SPDX-License-Identifier: AGPL-3.0-or-later
"""An operator confirms the clock after a jump that the recorder did not follow.

The operator states the time by a watch of their own, and the running recorder compares: so it is
the operator's watch that is believed, not the clock that jumped. Question and answer are files in
the recorder's directory, which nobody but its own account can write to.

`ask` (the command): 1. the question, made durable; 2. wait for the answer; 3. remove both.
`look` (the recorder): 1. judge; 2. raise the floor, fsynced; 3. the entry for the ledger, fsynced;
4. go by the new time; 5. the answer, fsynced. A recorder that dies before 4 has confirmed nothing:
its next start takes the clock as it finds it, if it is not before the floor's day.
"""

import contextlib
import datetime as dt
import fcntl
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from machimori.kernel import canonical
from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError
from machimori.kernel.ids import RecorderId
from machimori.kernel.instants import Micros, rfc3339
from machimori.ledger.courier import leave
from machimori.ledger.entry import Entry
from machimori.recorder.errors import ConfirmationRefusedError, RecorderError
from machimori.recorder.timefloor import JUMP, Proposal, TimeFloor

QUESTION = "confirm-time.json"
ANSWER = "confirm-time.answer.json"
PATIENCE = 30.0
"""Seconds for an answer; the recorder looks every second."""
MAX_QUESTION = 4_096


class Confirmations:
    """The recorder's side; `look` in housekeeping."""

    def __init__(
        self,
        directory: Path,
        *,
        recorder: RecorderId,
        floor: TimeFloor,
        has_key: Callable[[dt.date], bool],
        adopt: Callable[[Proposal], None],
        on_event: Callable[[str, str], None],
        disk: Disk,
    ) -> None:
        """`has_key`: whether anything could be sealed on a day. `adopt` returns once the recorder
        goes by the new time, and raises RecorderError if it does not."""
        self._directory = directory
        self._recorder = recorder
        self._floor = floor
        self._has_key = has_key
        self._adopt = adopt
        self._on_event = on_event
        self._disk = disk

    def look(self) -> None:
        """Answer a question, if there is one. Raises DurabilityError, RecorderError: the question
        is then looked at again."""
        question = self._directory / QUESTION
        try:
            data = question.read_bytes() if question.stat().st_size <= MAX_QUESTION else b""
        except FileNotFoundError:
            return
        try:
            source = canonical.load_object(data)
            number = canonical.field(source, "id", str)
            stated = Micros(canonical.field(source, "stated", int))
            proposal = self._judge(stated)
        except MachimoriError as error:
            if isinstance(error, ConfirmationRefusedError):
                answer = {"id": number, "refused": error.message, "remedy": error.remedy}
                self._disk.replace(self._directory / ANSWER, canonical.dumps(answer))
            self._disk.remove(question)
            self._on_event("time_not_confirmed", str(error))
            return
        self._floor.keep(proposal)
        self._note(proposal)
        self._adopt(proposal)
        text = f"{rfc3339(proposal.own)} became {rfc3339(proposal.wall)}"
        self._on_event("time_confirmed", text)
        answer = {"id": number, "own": proposal.own, "wall": proposal.wall}
        self._disk.replace(self._directory / ANSWER, canonical.dumps(answer))
        self._disk.remove(question)

    def _judge(self, stated: Micros) -> Proposal:
        proposal = self._floor.propose()
        if abs(stated - proposal.wall) > JUMP:
            raise ConfirmationRefusedError(
                f"the clock shows {rfc3339(proposal.wall)}, and {rfc3339(stated)} was stated",
                where="clock",
                remedy="set the clock right, or look at the watch again",
            )
        day = self._floor.day_of(proposal.wall)
        if not self._has_key(day):
            raise ConfirmationRefusedError(
                f"there is no key for {day}, so that nothing could be recorded",
                where="clock",
                remedy="bring the day's key bundle first, if the clock is right",
            )
        return proposal

    def _note(self, proposal: Proposal) -> None:
        entry = Entry(
            type="recorder.time_confirmed",
            at=proposal.wall,
            subject={"recorder": self._recorder},
            data={"from": proposal.own, "to": proposal.wall},
        )
        leave(self._directory / "outbox", entry, self._disk)


def ask(directory: Path, stated: Micros, *, clock: Clock, disk: Disk) -> tuple[Micros, Micros]:
    """Have the recorder that runs in `directory` go by its clock. Returns its time before and
    after.

    `stated`: the time by the operator's own watch. Raises ConfirmationRefusedError with the reason,
    RecorderError if no recorder answers.
    """
    if not _runs(directory):
        raise ConfirmationRefusedError(
            "no recorder runs here",
            where=str(directory),
            remedy="start it: at its start it takes the clock as it is, if not before its floor",
        )
    number = secrets.token_hex(16)
    question, answer = directory / QUESTION, directory / ANSWER
    try:
        disk.create(question, canonical.dumps({"id": number, "stated": stated}))
    except FileExistsError:
        raise RecorderError("another confirmation is waiting", where=str(question)) from None
    try:
        until = clock.monotonic() + PATIENCE
        while clock.monotonic() < until:
            clock.sleep(0.1)
            with contextlib.suppress(FileNotFoundError):
                found = canonical.load_object(answer.read_bytes())
                if found.get("id") == number:
                    disk.remove(answer)
                    return _read(found)
    finally:
        disk.remove(question)
    raise RecorderError(
        "the recorder did not answer; whether it confirmed is in its health", where=str(directory)
    )


def _read(answer: dict[str, canonical.Json]) -> tuple[Micros, Micros]:
    if "refused" in answer:
        raise ConfirmationRefusedError(
            canonical.field(answer, "refused", str),
            where="clock",
            remedy=canonical.field(answer, "remedy", str),
        )
    own, wall = (Micros(canonical.field(answer, name, int)) for name in ("own", "wall"))
    return own, wall


def _runs(directory: Path) -> bool:
    """Whether a recorder holds the directory's lock."""
    try:
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
