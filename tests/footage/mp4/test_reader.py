# SPDX-License-Identifier: AGPL-3.0-or-later
import io
import subprocess
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.footage.export import export
from machimori.footage.mp4.entries import jpeg_entry
from machimori.footage.mp4.reader import Mp4File, StoredSample, units_of
from machimori.footage.mp4.testing import chunks_of, encode, sent
from machimori.footage.mp4.writer import Mp4Writer, length_prefixed
from machimori.footage.rtp.testing import description
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros


def written(samples: list[tuple[bytes, int, bool, bool]], last: int = 3000) -> bytes:
    file = io.BytesIO()
    writer = Mp4Writer(
        file, entry=jpeg_entry(16, 8), size=(16, 8), timescale=90_000, created=Micros(0)
    )
    for data, pts, key, hidden in samples:
        writer.add(data, pts, key=key, hidden=hidden)
    writer.finish(last)
    return file.getvalue()


def read(data: bytes) -> list[StoredSample]:
    return list(Mp4File(io.BytesIO(data)).samples())


@given(
    st.lists(
        st.tuples(st.binary(max_size=40), st.integers(0, 20_000), st.booleans()),
        min_size=1,
        max_size=100,
    ),
    st.integers(0, 2**40),
)
def test_what_was_written_is_read_back(rows: list[tuple[bytes, int, bool]], start: int) -> None:
    pts = [start + total for total in accumulate(step + 1 for _, step, _ in rows)]
    # Reordered as B-frames are: each pair the other way round.
    for index in range(0, len(pts) - 1, 2):
        pts[index], pts[index + 1] = pts[index + 1], pts[index]
    samples = [(data, at, key, False) for (data, _, key), at in zip(rows, pts, strict=True)]
    found = read(written(samples))
    assert [(s.data, s.key) for s in found] == [(data, key) for data, _, key, _ in samples]
    assert [s.pts for s in found] == [at - min(pts) for at in pts]
    dts = [s.dts for s in found]
    assert dts == sorted(set(dts))


def test_a_time_sent_twice_does_not_stop_the_clock() -> None:
    found = read(written([(b"a", 0, True, False), (b"b", 0, False, False)]))
    assert [s.dts for s in found] == [0, 1]
    assert [s.pts for s in found] == [0, 0]


def test_hidden_samples_are_marked_by_the_edit_list() -> None:
    samples = [(b"k", 0, True, True), (b"p", 3000, False, True), (b"q", 6000, False, False)]
    assert [s.hidden for s in read(written(samples))] == [True, True, False]


def test_the_same_samples_give_the_same_bytes() -> None:
    samples = [(b"a", 5, True, False), (b"b", 9, False, False)]
    assert written(samples) == written(samples)


def test_an_empty_clip_is_a_file_without_samples() -> None:
    assert read(written([])) == []


@given(st.lists(st.binary(min_size=1, max_size=30)))
def test_nal_units_survive_their_lengths(units: list[bytes]) -> None:
    assert list(units_of(length_prefixed(units))) == units


@pytest.mark.parametrize("sample", [b"\0\0\0\0", b"\0\0\0\2a", b"\0\0"])
def test_a_sample_cut_off_is_malformed(sample: bytes) -> None:
    with pytest.raises(MalformedError):
        units_of(sample)


@pytest.mark.parametrize("cut", [0, 7, 40, 200, 400])
def test_a_file_cut_off_is_malformed(cut: int) -> None:
    data = written([(b"picture" * 20, 0, True, False)])
    with pytest.raises(MalformedError):
        read(data[:cut])


def test_reading_goes_by_the_index_of_other_writers(tmp_path: Path) -> None:
    """FFmpeg's muxer: `stco`, edit lists, unsigned offsets, several samples to a chunk."""
    source = tmp_path / "ours.mp4"
    pictures = encode("h264", options={"x264-params": "keyint=15:bframes=2:repeat-headers=1"})
    next(iter(export(description("H264"), chunks_of(sent("h264", pictures))))).write(source)
    target = tmp_path / "theirs.mp4"
    command = ["ffmpeg", "-v", "error", "-i", str(source), "-c", "copy", str(target)]
    subprocess.run(command, check=True)
    films = []
    for path in (source, target):
        with path.open("rb") as file:
            film = Mp4File(file)
            found = list(film.samples())
            start = min(sample.pts for sample in found)
            films.append([(s.data, s.pts - start, s.key) for s in found])
            assert (film.kind, film.size, film.timescale) == ("avc1", (320, 192), 90_000)
            assert film.count == 30
            assert len(film.parameter_units) == 2
    assert [row[1:] for row in films[0]] == [row[1:] for row in films[1]]
    assert films[0] == films[1]
