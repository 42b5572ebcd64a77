# SPDX-License-Identifier: AGPL-3.0-or-later
"""MP4 files of ours, read back."""

import io

from machimori.footage.mp4.entries import jpeg_entry
from machimori.footage.mp4.reader import Mp4File, units_of
from machimori.footage.mp4.writer import Mp4Writer, length_prefixed
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros


def one_input(data: bytes) -> None:
    try:
        for sample in Mp4File(io.BytesIO(data)).samples():
            units_of(sample.data)
    except MalformedError:
        return


def seeds() -> list[bytes]:
    files = []
    for count, hidden in ((0, 0), (1, 0), (5, 2)):
        file = io.BytesIO()
        writer = Mp4Writer(
            file, entry=jpeg_entry(16, 8), size=(16, 8), timescale=90_000, created=Micros(0)
        )
        for index in range(count):
            sample = length_prefixed([b"\x41unit", b"\x06sei"])
            pts = 3000 * (index ^ 1)
            writer.add(sample, pts, key=index % 3 == 0, hidden=index < hidden)
        writer.finish(3000)
        files.append(file.getvalue())
    return files
