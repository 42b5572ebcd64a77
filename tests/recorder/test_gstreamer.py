# SPDX-License-Identifier: AGPL-3.0-or-later
"""GStreamer's RTSP server is recorded by a whole recorder, and what it sealed is exported."""

import contextlib
import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from machimori.footage.export import Stretch, TimedChunk, export_stretches
from machimori.footage.mp4.testing import Codec, ffmpeg_decodes, ffprobe
from machimori.footage.segment import SegmentReader
from machimori.footage.testing import SampleRecorder
from machimori.kernel.ids import CameraId, ClassId, RecorderId, SchemeId
from machimori.kernel.instants import TOKYO
from machimori.kernel.signing import SigningKey
from machimori.recorder.camera import CameraConfig
from machimori.recorder.config import RecorderConfig
from machimori.recorder.node import Node
from machimori.recorder.rtsp.testing import Certificate, GStreamerServer
from machimori.vault.sealing.bundle import BundledKey, KeyBundle, key_id

SECONDS = 6.0
PATIENCE = 90.0
RATE = 15
PACKETS = 6 * RATE
"""Of the codec with most packets to a picture (H.264, 2.7) still two seconds."""
CODECS: tuple[Codec, ...] = ("h264", "h265", "jpeg")
CREDENTIALS = ("viewer", "correct horse")


@contextlib.contextmanager
def cameras(directory: Path) -> Iterator[tuple[CameraConfig, ...]]:
    """Every codec with a sound track and Digest, over TCP and over TLS."""
    certificate = Certificate(directory)
    with contextlib.ExitStack() as stack:
        configured = []
        for codec in CODECS:
            for tls in (False, True):
                server = GStreamerServer(
                    codec,
                    sound=True,
                    credentials=CREDENTIALS,
                    certificate=certificate if tls else None,
                )
                stack.enter_context(server)
                configured.append(
                    CameraConfig(
                        id=CameraId(f"{codec}-{'tls' if tls else 'tcp'}"),
                        url=server.url,
                        username=CREDENTIALS[0],
                        password=CREDENTIALS[1],
                        fingerprint=certificate.fingerprint if tls else None,
                    )
                )
        yield tuple(configured)


def write_keys(directory: Path, vault: SigningKey, sealed_to: bytes, names: list[CameraId]) -> None:
    directory.mkdir()
    for ahead in range(2):  # midnight may pass
        day = (dt.datetime.now(TOKYO).date() + dt.timedelta(days=ahead)).isoformat()
        bundle = KeyBundle(
            retention_class=ClassId("standard"),
            day=day,
            serial=0,
            keys=tuple(
                BundledKey(camera=name, key=key_id(name, day, "0"), public=sealed_to)
                for name in sorted(names)
            ),
        )
        (directory / f"{day}.json").write_bytes(bundle.signed(vault))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleRecorder]:
    """The store after some seconds of every camera, and who can open it."""
    directory = tmp_path_factory.mktemp("recorder")
    vault = SigningKey(b"v" * 32)
    opener = SampleRecorder()
    with cameras(directory) as configured:
        write_keys(
            directory / "keys", vault, opener.sealing_key.raw, [item.id for item in configured]
        )
        node = Node(
            RecorderConfig(
                id=RecorderId("rec-1"),
                scheme=SchemeId("streets"),
                directory=directory / "own",
                store=directory / "store",
                keys=directory / "keys",
                holds=directory / "holds",
                vault_key=vault.public,
                cameras=configured,
                min_free_mb=1,
            )
        )
        node.start()
        until_received(node)
        node.stop()
    return directory / "store", opener


def until_received(node: Node) -> None:
    """Until every camera has sent PACKETS, over some seconds; however busy the machine is."""
    begun = time.monotonic()
    deadline = begun + PATIENCE
    while True:
        sent = {lane.camera.id: lane.packets for lane in node.lanes}
        if time.monotonic() > begun + SECONDS and min(sent.values()) >= PACKETS:
            return
        assert time.monotonic() < deadline, f"packets that came: {sent}"
        time.sleep(0.1)


def stretches(store: Path, camera: str, opener: SampleRecorder) -> Iterator[Stretch]:
    for path in sorted(store.glob(f"*/{camera}/*.seg")):
        opener.learn(path.read_bytes())
        reader = SegmentReader.of_file(path)
        keys = opener.keys[reader.segment_id.hex()]
        headers = reader.skeleton().chunks
        yield Stretch(
            description=reader.description(keys.description),
            chunks=[
                TimedChunk(
                    arrived_from=header.arrived_from,
                    arrived_to=header.arrived_to,
                    data=reader.chunk(index, keys.chunks[index]),
                )
                for index, header in enumerate(headers)
            ],
            synchronised=True,
        )


@pytest.mark.parametrize("transport", ["tcp", "tls"])
@pytest.mark.parametrize("codec", CODECS)
def test_what_gstreamer_sent_is_recorded_and_exported(
    codec: str, transport: str, recorded: tuple[Path, SampleRecorder], tmp_path: Path
) -> None:
    store, opener = recorded
    pictures = 0
    for clip in export_stretches(stretches(store, f"{codec}-{transport}", opener)):
        assert clip.codec == codec
        assert clip.size == (320, 240)
        path = tmp_path / f"{clip.number}.mp4"
        report = clip.write(path)
        ffmpeg_decodes(path)
        assert ffprobe(path)["streams"][0]["nb_read_frames"] == str(report.pictures)
        assert report.lost == 0
        assert report.incomplete == 0
        pictures += report.pictures
    # The rest is waiting for the first key picture, and an encoder on a busy machine.
    assert pictures > RATE
