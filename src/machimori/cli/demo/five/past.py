# SPDX-License-Identifier: AGPL-3.0-or-later
"""Footage of past evenings: what the simulated cameras show, sealed under each day's real key.

A short clip per camera and day, in segments of a minute that form a chain, signed by the recorder
that records on afterwards, with an anchor a day. One camera has a gap.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from machimori.cli.demo.five.places import Places
from machimori.footage.anchors import Head
from machimori.footage.mp4.testing import Picture, chunks_of, sent
from machimori.footage.naming import SegmentName
from machimori.footage.rtp.access import TimedChunk
from machimori.footage.rtp.testing import description
from machimori.footage.sealer import Sealer
from machimori.footage.store import DirectoryStore
from machimori.kernel.durable import Disk
from machimori.kernel.ids import new_id
from machimori.kernel.instants import Micros, local_day
from machimori.kernel.signing import SigningKey
from machimori.office.sample.towns import SampleCamera, Town
from machimori.recorder import anchors
from machimori.simcity.clips import CLOCK, Clip, ClipSpec, render
from machimori.simcity.server import camera_name
from machimori.vault.client.testing import VaultProcess, header_for
from machimori.vault.sealing.bundle import KeyBundle
from machimori.vault.sealing.seal import SealingKey

PATTERN: Final = ClipSpec(
    codec="h264", name="camera", width=480, height=270, rate=5, seconds=8.0, gop=20, noise=0
)
"""What every camera shows, then and now: little enough for a demo that runs overnight."""
MINUTE: Final = 60_000_000


@dataclass(frozen=True, kw_only=True)
class Evening:
    """When there is footage: from `start`, so many minutes."""

    start: Micros
    minutes: int


def draw(towns: Sequence[Town], places: Places) -> None:
    """Draw what every camera of these schemes shows, so that it need not be waited for later."""
    for number in range(1, 1 + sum(len(town.cameras) for town in towns)):
        _drawn(number, places.clips)


def _drawn(number: int, cache: Path) -> Clip:
    return render(PATTERN.varied(name=camera_name(number), seed=number), cache)


def clip_of(number: int, cache: Path, minutes: int) -> tuple[TimedChunk, ...]:
    """What the `number`th camera (from 1) sends in so many minutes; instants from zero."""
    clip = _drawn(number, cache)
    loops = -(-minutes * 60 * CLOCK // clip.duration)
    pictures = [
        Picture(pts=one.pts + loop * clip.duration, units=one.units, key=one.key)
        for loop in range(loops)
        for one in clip.pictures
        if one.pts + loop * clip.duration < minutes * 60 * CLOCK
    ]
    return tuple(chunks_of(sent("h264", pictures), start=0))


def record(
    town: Town,
    first: int,
    evenings: Iterable[Evening],
    *,
    places: Places,
    vault: VaultProcess,
    signer: SigningKey,
) -> int:
    """Seal the evenings of a scheme's cameras, whose clips are numbered from `first`; segments.

    The vault has keys for the days.
    """
    disk = Disk()
    store = DirectoryStore(places.store, disk)
    evenings = tuple(evenings)
    clips = [
        clip_of(first + number, places.clips, max(one.minutes for one in evenings))
        for number in range(len(town.cameras))
    ]
    made = 0
    for number, evening in enumerate(evenings):
        day = local_day(evening.start).isoformat()
        bundle = vault.bundle(town.retention_class, day)
        heads = []
        for camera, clip in zip(town.cameras, clips, strict=True):
            # Once the line was down for the evening's first minute.
            lost = 1 if number == len(evenings) // 2 and camera == town.cameras[-1] else 0
            parts = list(_segments(town, camera, clip, evening, bundle, signer, lost))
            for name, data, _ in parts:
                store.put(name, data)
            made += len(parts)
            heads.append(parts[-1][2])
        anchors.write(
            heads,
            outbox=places.recorder(town.recorder) / "outbox",
            store=store,
            recorder=town.recorder,
            signer=signer,
            now=Micros(evening.start + evening.minutes * MINUTE),
            disk=disk,
        )
    return made


def _segments(
    town: Town,
    camera: SampleCamera,
    clip: Iterable[TimedChunk],
    evening: Evening,
    bundle: KeyBundle,
    signer: SigningKey,
    lost: int,
) -> Iterator[tuple[str, bytes, Head]]:
    """Name, bytes and the chain's head then, a segment a minute, without the first `lost` ones."""
    key = bundle.key_of(camera.id)
    assert key is not None
    session, previous = new_id(), None
    for sequence, minute in enumerate(range(lost, evening.minutes)):
        start = Micros(evening.start + minute * MINUTE)
        sealer = Sealer(
            header=header_for(
                bundle,
                camera.id,
                start,
                scheme=town.id,
                recorder=town.recorder,
                session=session,
                sequence=sequence,
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
                    arrived_from=Micros(evening.start + one.arrived_from),
                    arrived_to=Micros(evening.start + one.arrived_to),
                )
            )
            for one in clip
            if minute * MINUTE <= one.arrived_from < (minute + 1) * MINUTE
        ]
        parts.append(sealer.finish(reason="duration"))
        previous = sealer.head
        name = SegmentName(
            day=local_day(evening.start).isoformat(),
            camera=camera.id,
            first=sealer.first,
            last=sealer.last,
        )
        head = Head(camera=camera.id, session=session, sequence=sequence + 1, head=previous.hex())
        yield str(name), b"".join(parts), head
