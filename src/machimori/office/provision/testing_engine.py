# SPDX-License-Identifier: AGPL-3.0-or-later
"""A desk that stands on the real engine: vault process, ledger with its sequencer, sealed footage.

Supported code, for tests of what opens footage. Nothing here is inside a transaction that never
commits: vault and sequencer are other processes and see what was committed, nothing else.
"""

import contextlib
import datetime as dt
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

from machimori.evidence.glimpse import first_picture
from machimori.evidence.ordering import Order
from machimori.footage.anchors import Head
from machimori.footage.mp4.testing import chunks_of, encode, sent
from machimori.footage.naming import SegmentName
from machimori.footage.picture import DecodedPicture
from machimori.footage.rtp.access import TimedChunk
from machimori.footage.rtp.testing import description
from machimori.footage.sealer import Sealer
from machimori.footage.store import DirectoryStore
from machimori.kernel.clock import Clock, ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId, ClassId, OfficerId, RecorderId
from machimori.kernel.instants import TOKYO, Micros, instant, local_day
from machimori.kernel.signing import SigningKey
from machimori.ledger.courier import carry_outbox
from machimori.ledger.testing import LedgerProcess
from machimori.office.custody.rules_statement import rules_statement
from machimori.office.people.keys import officer_key
from machimori.office.people.models import Person
from machimori.office.provision.history import File
from machimori.office.provision.orders import order_of
from machimori.office.provision.readers import reader_of
from machimori.office.provision.testing import Desk
from machimori.office.rules.access import in_force
from machimori.office.shared.config import config
from machimori.office.shared.engine import Engine, engine, install
from machimori.recorder import anchors
from machimori.vault.client.statements import Appointment
from machimori.vault.client.testing import EVER, FAR, POST, VaultProcess, header_for
from machimori.vault.sealing.seal import SealingKey

MINUTE: Final = 60_000_000
RETENTION_CLASS: Final = "street"
RECORDER: Final = RecorderId("recorder-1")
_RATE: Final = 5
"""Pictures a second: enough to see movement, few enough to encode at once."""
_X264: Final = "keyint=15:repeat-headers=1:vbv-maxrate=2000:vbv-bufsize=2000"
"""At most 2 Mbit/s, as the cameras of `machimori bench record` send at 1080p: the moving pattern
would take several times as much."""
_TICK: Final = 0.2
"""Seconds between two settings of the vault's clock."""
_NUMBERS: Final = count(1)
"""Of cameras: desks share the process' store and database, and a camera is registered once."""


@dataclass(frozen=True, kw_only=True)
class EngineDesk(Desk):
    """A desk whose approvals release keys. `TYPED` asks for its own cameras and footage."""

    vault: VaultProcess
    store: DirectoryStore
    cameras: tuple[str, ...]
    start: Micros
    """Of the footage, on a whole minute."""
    minutes: int
    size: tuple[int, int] = (160, 96)
    """Of the pictures."""

    @property
    def day(self) -> dt.date:
        """The local day of the footage's beginning."""
        return local_day(self.start)

    @property
    def end(self) -> Micros:
        """Of the footage."""
        return Micros(self.start + self.minutes * MINUTE)

    @property
    def asked(self) -> dict[str, Any]:
        """What is typed to ask for all the footage there is."""
        first = instant(self.start).astimezone(TOKYO)
        last = instant(self.end).astimezone(TOKYO)
        return {
            "cameras": list(self.cameras),
            "first_day": f"{first:%Y-%m-%d}",
            "first_time": f"{first:%H:%M}",
            "last_day": f"{last:%Y-%m-%d}",
            "last_time": f"{last:%H:%M}",
        }

    def take_in(self, **typed: Any) -> File:
        """Through the page; the new case. It asks for the desk's footage."""
        return super().take_in(**(self.asked | typed))

    def instructed(self, **typed: Any) -> File:
        """A case in which the manager has approved and instructed; `typed` changes what is
        instructed (`first_time`, `cameras`)."""
        file = self.approved()
        self.act(file, "instruct", **(self.asked | typed))
        return self.again(file, "instructed")

    def pass_days(self, days: int) -> None:
        """Each of so many midnights passes, and the vault destroys what is due."""
        clock = self.cast.clock
        assert isinstance(clock, ManualClock)
        for _ in range(days):
            clock.advance(24 * 60 * 60)
            self.sync()
            self.vault.client.expire()

    def look(self, file: File, order: Order | None = None) -> DecodedPicture:
        """The first picture that the case's approval opens. Raises what the vault raises."""
        case, found = file.case.case_id, engine()
        return first_picture(
            client=found.vault,
            ledger=found.ledger,
            store=found.case_store(case),
            order=order or order_of(file),
            reader=reader_of(case),
            clock=found.clock,
        )

    def appoint(self, person: Person) -> None:
        """Let the vault know this person and their keys as an officer, signed by two others."""
        self.vault.submit(
            Appointment(
                officer=OfficerId(person.officer),
                keys=tuple(officer_key(one) for one in person.credentials.all()),
                posts=(POST,),
                valid_from=EVER,
                valid_until=FAR,
            )
        )

    def sync(self) -> None:
        """The vault's clock shows the desk's time now, not a moment later."""
        self.vault.set_clock(self.cast.clock.now())


@contextlib.contextmanager
def engine_desk(
    clock: Clock,
    ledger: LedgerProcess,
    *,
    profile: str = "sakai",
    cameras: int = 2,
    called: Sequence[str] = (),
    place: str = "駅前",
    minutes: int = 3,
    size: tuple[int, int] = (160, 96),
) -> Iterator[EngineDesk]:
    """Install the engine of this process's configuration with a vault of its own, and record.
    `called` is what the register calls the cameras, where it matters, and `place` where they stand.

    The footage ended at least a minute before the clock's time. `ledger` runs with its sequencer;
    Django is connected to it. The vault's clock follows `clock`.
    """
    office = config()
    directory = Path(tempfile.mkdtemp(prefix="machimori-desk-"))
    start = Micros((clock.now() // MINUTE - minutes - 1) * MINUTE)
    vault = VaultProcess(
        directory,
        ledger_key=ledger.key.vkey(),
        now=start,
        socket=office.vault,
        party=(office.host, office.origin),
    )
    for root in (office.store, office.cases):
        root.mkdir(parents=True, exist_ok=True)
    store = DirectoryStore(office.store, Disk())
    engine = Engine.of(
        home=ledger.home, vault=office.vault, store=office.store, cases=office.cases
    ).at(clock)
    install(engine)
    names = tuple(f"c-{next(_NUMBERS):04}" for _ in range(cameras))
    known = dict(zip(names, called, strict=bool(called)))
    desk = Desk.of(clock, profile=profile, names=names, called=known, place=place)
    with contextlib.ExitStack() as parts:
        parts.callback(shutil.rmtree, directory, ignore_errors=True)
        parts.enter_context(vault)
        parts.callback(engine.ledger.close)
        parts.callback(engine.vault.close)
        made = EngineDesk(
            cast=desk.cast,
            manager=desk.manager,
            vault=vault,
            store=store,
            cameras=names,
            start=start,
            minutes=minutes,
            size=size,
        )
        _adopt(made, ledger, directory)
        parts.enter_context(_following(made))
        yield made


def _adopt(desk: EngineDesk, ledger: LedgerProcess, directory: Path) -> None:
    """The vault takes in rules, cameras, recorder and manager; then footage is made."""
    signer = SigningKey.generate()
    profile = in_force(desk.cast.scheme, desk.day)
    desk.vault.adopt(
        scheme=desk.cast.scheme.scheme_id,
        retention={RETENTION_CLASS: profile.retention()},
        cameras=dict.fromkeys(desk.cameras, RETENTION_CLASS),
        recorders={RECORDER: signer.public.raw},
        adopted=rules_statement(
            profile,
            scheme=desk.cast.scheme.scheme_id,
            classes=[ClassId(RETENTION_CLASS)],
            version=1,
            effective_from=EVER,
        ),
    )
    desk.appoint(desk.manager)
    heads = [_record(desk, name, number, signer) for number, name in enumerate(desk.cameras)]
    outbox = directory / "outbox"
    anchors.write(
        heads,
        outbox=outbox,
        store=desk.store,
        recorder=RECORDER,
        signer=signer,
        now=desk.end,
        disk=Disk(),
    )
    carry_outbox(outbox, ledger.ledger, Disk())


def _record(desk: EngineDesk, camera: str, number: int, signer: SigningKey) -> Head:
    """The footage of one camera, a segment a minute in one chain; the chain's head."""
    bundle = desk.vault.bundle(RETENTION_CLASS, desk.day.isoformat())
    key = bundle.key_of(camera)
    assert key is not None
    session, previous = f"{number:032x}", None
    for minute in range(desk.minutes):
        start = Micros(desk.start + minute * MINUTE)
        sealer = Sealer(
            header=header_for(
                bundle,
                camera,
                start,
                scheme=desk.cast.scheme.pk,
                recorder=RECORDER,
                session=session,
                sequence=minute,
                clock_bound=1500,
            ),
            key=SealingKey(key.public),
            description=description("H264"),
            signer=signer,
            previous=previous,
        )
        parts = [sealer.open()]
        parts += [
            bytes(
                sealer.chunk(
                    one.data,
                    arrived_from=Micros(desk.start + one.arrived_from),
                    arrived_to=Micros(desk.start + one.arrived_to),
                )
            )
            for one in pictures_sent(desk.minutes, desk.size)
            if minute * MINUTE <= one.arrived_from < (minute + 1) * MINUTE
        ]
        parts.append(sealer.finish(reason="duration"))
        previous = sealer.head
        name = SegmentName(
            day=desk.day.isoformat(),
            camera=CameraId(camera),
            first=sealer.first,
            last=sealer.last,
        )
        desk.store.put(str(name), b"".join(parts))
    assert previous is not None
    return Head(
        camera=CameraId(camera), session=session, sequence=desk.minutes, head=previous.hex()
    )


@cache
def pictures_sent(minutes: int, size: tuple[int, int]) -> tuple[TimedChunk, ...]:
    """What each camera sends in so many minutes, a chunk a second; instants from zero."""
    pictures = encode(
        "h264", count=60 * minutes * _RATE, fps=_RATE, size=size, options={"x264-params": _X264}
    )
    return tuple(chunks_of(sent("h264", pictures), start=0))


@contextlib.contextmanager
def _following(desk: EngineDesk) -> Iterator[None]:
    """The vault's clock follows the desk's."""
    stop = threading.Event()

    def follow() -> None:
        while not stop.wait(_TICK):
            desk.sync()

    desk.sync()
    thread = threading.Thread(target=follow, name="time", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
