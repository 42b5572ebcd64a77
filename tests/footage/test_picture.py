# SPDX-License-Identifier: AGPL-3.0-or-later
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from machimori.footage.export import TimedChunk, export
from machimori.footage.mp4.testing import Codec, chunks_of, decoded, encode, sent
from machimori.footage.picture import NoPictureError, first_picture
from machimori.footage.rtp.testing import description

ENCODING = {"h264": "H264", "h265": "H265", "jpeg": "JPEG"}


@pytest.mark.parametrize("codec", ["h264", "h265", "jpeg"])
def test_the_first_picture_is_the_clips_first_and_no_more_is_read(
    codec: Codec, tmp_path: Path
) -> None:
    stored = description(ENCODING[codec])
    chunks = chunks_of(sent(codec, encode(codec, count=45)))
    next(iter(export(stored, chunks))).write(tmp_path / "clip.mp4")
    taken: list[int] = []

    def lazily() -> Iterator[TimedChunk]:
        for index, chunk in enumerate(chunks):
            taken.append(index)
            yield chunk

    picture = first_picture(stored, lazily())
    digest = hashlib.sha256(b"".join(map(bytes, picture.frame.planes))).hexdigest()
    assert digest == decoded(tmp_path / "clip.mp4")[0][1]
    assert taken == [0]
    assert picture.unit.arrived_from == chunks[0].arrived_from


def test_footage_may_begin_between_key_frames() -> None:
    pictures = encode("h264", count=30)
    chunks = chunks_of(sent("h264", pictures[5:]))
    picture = first_picture(description("H264"), chunks)
    assert picture.unit.units == pictures[15].units


def test_no_key_frame_no_picture() -> None:
    chunks = chunks_of(sent("h264", encode("h264", count=10)[1:]))
    with pytest.raises(NoPictureError):
        first_picture(description("H264"), chunks)
