# SPDX-License-Identifier: AGPL-3.0-or-later
"""A desk upon a real engine: a vault's process that knows the manager's key, sealed footage.

What happens in the office must be committed here, or ledger and vault never hear of it.
"""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from machimori.footage.mp4.testing import chunks_of, encode, sent
from machimori.footage.naming import SegmentName
from machimori.footage.rtp.testing import description
from machimori.footage.sealer import Sealer
from machimori.footage.store import DirectoryStore
from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId, ClassId, OfficerId, RecorderId
from machimori.kernel.instants import Micros, local_day, parse_rfc3339
from machimori.kernel.signing import SigningKey
from machimori.ledger.testing import LedgerProcess
from machimori.office.people.models import Person
from machimori.office.provision.history import File
from machimori.office.provision.testing import Desk
from machimori.office.shared.config import config
from machimori.office.shared.engine import Engine, install
from machimori.policy.retention import RetentionRule
from machimori.vault.client.statements import (
    Appointment,
    CameraClass,
    OfficerKey,
    RecorderEnrolment,
)
from machimori.vault.client.testing import EVER, FAR, POST, VaultProcess, header_for, rules
from machimori.vault.sealing.seal import SealingKey

CLASS: Final = ClassId("street")
RECORDER: Final = RecorderId("recorder-1")
FILMED: Final = parse_rfc3339("2026-05-14T09:00:00+09:00")
"""From here on six seconds of the first camera are stored."""


@dataclass(frozen=True, kw_only=True)
class EngineRoom:
    """The desk, the vault's process and the store of all footage."""

    desk: Desk
    vault: VaultProcess
    store: DirectoryStore
    cameras: tuple[str, str]
    """Names that no other room of this database has."""

    @property
    def typed(self) -> dict[str, Any]:
        """What is typed to ask for what is stored."""
        return {
            "cameras": [self.cameras[0]],
            "first_day": "2026-05-14",
            "first_time": "09:00",
            "last_day": "2026-05-14",
            "last_time": "09:01",
        }

    def approved(self) -> File:
        """A case about what is stored, approved and ordered through the pages."""
        file = self.desk.approved(**self.typed)
        self.desk.post(file, "instruct", **self.typed)
        return self.desk.again(file, "instructed")

    def appoint(self, person: Person) -> None:
        """The vault takes in this person's keys."""
        keys = tuple(
            OfficerKey(
                keyid=one.keyid,
                kind="fido2",
                public=bytes(one.spki),
                algorithm=one.algorithm,
            )
            for one in person.credentials.all()
        )
        self.vault.submit(
            Appointment(
                officer=OfficerId(person.officer),
                keys=keys,
                posts=(POST,),
                valid_from=EVER,
                valid_until=FAR,
            )
        )


@contextmanager
def engine_room(
    ledger: LedgerProcess, clock: ManualClock, *, profile: str = "sakai"
) -> Iterator[EngineRoom]:
    """Start it all on this ledger, install it as the process's engine, and end it."""
    office = config()
    # A socket's path is short, and a test's directory may be long.
    with tempfile.TemporaryDirectory(prefix="machimori-room-") as place:
        root = Path(place)
        for name in ("store", "cases"):
            (root / name).mkdir()
        vault = VaultProcess(
            root / "vault",
            ledger_key=ledger.key.vkey(),
            now=clock.now(),
            party=(office.host, office.origin),
        )
        with vault:
            engine = Engine.of(
                home=ledger.home, vault=vault.socket, store=root / "store", cases=root / "cases"
            ).at(clock)
            install(engine)
            store = DirectoryStore(root / "store", Disk())
            tag = secrets.token_hex(4)
            names = (f"cam-{tag}-1", f"cam-{tag}-2")
            desk = Desk.of(clock, profile=profile, names=names)
            room = EngineRoom(desk=desk, vault=vault, store=store, cameras=names)
            room.appoint(room.desk.manager)
            _film(room, FILMED)
            try:
                yield room
            finally:
                engine.vault.close()
                engine.ledger.close()


def _film(room: EngineRoom, start: Micros) -> None:
    vault, scheme, signer = room.vault, room.desk.cast.scheme.scheme_id, SigningKey.generate()
    retention = {str(CLASS): RetentionRule(days=14, count_from="recording_day")}
    vault.submit(rules(scheme, retention, signers=1, max_openings=100))
    for name in room.cameras:
        vault.submit(
            CameraClass(
                camera=CameraId(name), scheme=scheme, retention_class=CLASS, effective_from=EVER
            )
        )
    vault.submit(
        RecorderEnrolment(recorder=RECORDER, public=signer.public.raw, effective_from=EVER)
    )
    vault.client.make_keys(1)
    day, camera = local_day(start).isoformat(), room.cameras[0]
    bundle = vault.bundle(CLASS, day)
    key = bundle.key_of(camera)
    assert key is not None
    sealer = Sealer(
        header=header_for(bundle, camera, start, scheme=scheme, recorder=RECORDER),
        key=SealingKey(key.public),
        description=description("H264"),
        signer=signer,
        previous=None,
    )
    parts = [sealer.open()]
    pictures = encode("h264", count=90, size=(160, 96))
    for chunk in chunks_of(sent("h264", pictures), start=start):
        parts.append(
            bytes(
                sealer.chunk(
                    chunk.data, arrived_from=chunk.arrived_from, arrived_to=chunk.arrived_to
                )
            )
        )
    parts.append(sealer.finish(reason="duration"))
    stored = SegmentName(day=day, camera=CameraId(camera), first=sealer.first, last=sealer.last)
    room.store.put(str(stored), b"".join(parts))
