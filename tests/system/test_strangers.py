# SPDX-License-Identifier: AGPL-3.0-or-later
"""Strangers agree: a server that is not ours is recorded, and others read what leaves the city.

One city records GStreamer's RTSP server in every codec, with a sound track and Digest, over TCP and
RTSPS, beside its own simulated cameras. One package of all of them is judged by bagit, ffprobe, a
decode of every frame, and by what the simulated encoders put out.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bagit
import pytest

from machimori.cli.demo.acting import (
    approve,
    authorise,
    pack,
    pictures,
    segments,
    unpack,
    wait_for_footage,
)
from machimori.cli.demo.city import City
from machimori.evidence.make import Package
from machimori.evidence.verifier.check import verify
from machimori.evidence.verifier.verdict import Verdict
from machimori.footage.mp4.testing import Codec, ffmpeg_decodes, ffprobe
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.recorder.camera import CameraConfig
from machimori.recorder.rtsp.testing import Certificate, GStreamerServer
from machimori.simcity.city import SimCity
from machimori.vault.client.reader import Reader

SECONDS = 5.0
CREDENTIALS = ("viewer", "correct horse")
STRANGERS: dict[str, tuple[Codec, bool]] = {
    "gst-h264-rtsps": ("h264", True),
    "gst-h265-rtsp": ("h265", False),
    "gst-mjpeg-rtsps": ("jpeg", True),
}
"""Camera: its codec, and whether the line is encrypted. All have sound and ask for Digest."""
SIMULATED = {"cam-0001": "h264", "cam-0002": "h265", "cam-0003": "mjpeg"}
NAMES = {"h264": "h264", "h265": "hevc", "jpeg": "mjpeg", "mjpeg": "mjpeg"}
"""What FFmpeg calls the codecs."""


@dataclass(frozen=True, kw_only=True)
class Handed:
    """What left the city, and the city's simulated cameras."""

    package: Package
    fingerprint: str
    bag: Path
    simulated: SimCity
    entries: list[Entry]
    """The ledger after the hand-over."""

    def films(self, camera: str) -> list[Path]:
        """The films by stream copy, without the viewing copies beside them."""
        found = sorted((self.bag / "data" / "video").glob(f"{camera}-*.mp4"))
        return [path for path in found if ".viewing." not in path.name]


@contextlib.contextmanager
def strangers(directory: Path) -> Iterator[tuple[CameraConfig, ...]]:
    certificate = Certificate(directory)
    with contextlib.ExitStack() as stack:
        yield tuple(
            CameraConfig(
                id=CameraId(name),
                url=stack.enter_context(
                    GStreamerServer(
                        codec,
                        sound=True,
                        credentials=CREDENTIALS,
                        certificate=certificate if tls else None,
                    )
                ).url,
                username=CREDENTIALS[0],
                password=CREDENTIALS[1],
                fingerprint=certificate.fingerprint if tls else None,
            )
            for name, (codec, tls) in STRANGERS.items()
        )


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handed]:
    directory = tmp_path_factory.mktemp("strangers")
    with (
        strangers(directory) as foreign,
        City(directory / "city", cameras=3, foreign=foreign) as city,
    ):
        wait_for_footage(city, seconds=SECONDS)
        city.stop_recorder()
        stored = segments(city.store)
        reader = Reader.generate()
        approved = approve(
            city,
            authorise(
                city,
                reader,
                city.cameras,
                min(segment.name.first for segment in stored),
                Micros(max(segment.name.last for segment in stored) + 1),
                case="strangers",
            ),
        )
        package = pack(city, reader, approved, directory / "package.zip")
        city.write_entries()
        yield Handed(
            package=package,
            fingerprint=city.vault.status().fingerprint(),
            bag=unpack(package.path, directory / "bag"),
            simulated=city.simulated,
            entries=[Entry.decode(entry) for entry in city.ledger.entries()],
        )


def test_the_package_of_all_of_them_is_sound(handed: Handed) -> None:
    judgement = verify(handed.package.path, city=handed.fingerprint)
    assert judgement.verdict is Verdict.SOUND
    assert {camera.camera for camera in handed.package.statement.cameras} == {
        *STRANGERS,
        *SIMULATED,
    }


def test_bagit_validates_the_package(handed: Handed) -> None:
    bagit.Bag(str(handed.bag)).validate()


@pytest.mark.parametrize("camera", [*STRANGERS, *SIMULATED])
def test_a_decode_of_every_frame_finds_no_error(handed: Handed, camera: str) -> None:
    codec = STRANGERS[camera][0] if camera in STRANGERS else SIMULATED[camera]
    (film,) = handed.films(camera)
    copies = list(film.parent.glob(f"{film.stem}.viewing.mp4"))
    assert len(copies) == (0 if codec == "h264" else 1)
    shown = set()
    for path in (film, *copies):
        ffmpeg_decodes(path)
        (stream,) = ffprobe(path)["streams"]
        assert stream["codec_name"] == (NAMES[codec] if path == film else "h264")
        shown.add(int(stream["nb_read_frames"]))
    # The first key picture is up to a second after the connection.
    assert min(shown) > (SECONDS - 1.5) * 15
    assert len(shown) == 1


@pytest.mark.parametrize("camera", SIMULATED)
def test_the_film_is_what_the_encoder_put_out(handed: Handed, camera: str) -> None:
    """H.264 and H.265 NAL by NAL, MJPEG pixel by pixel, and no picture missing in between."""
    (film,) = handed.films(camera)
    match = handed.simulated.truth(camera).match(pictures(film))
    assert match.exact
    assert len(match.places) > (SECONDS - 1.5) * 15


def test_K2_a_copy_is_on_record_like_the_original(handed: Handed) -> None:
    """Every copy that leaves is an entry of the ledger: which package, under which approval and
    release, with which statement; so it can be followed to its end."""
    (made,) = (entry for entry in handed.entries if entry.type == "evidence.made")
    statement = handed.package.statement
    assert made.subject == {"case": "strangers", "package": statement.package}
    assert made.data["authorisation"] == statement.authorisation
    assert made.data["release"] == statement.release
    assert made.data["statement"] == statement.envelope().digest().hex()
    assert made.data["bytes"] == handed.package.size
