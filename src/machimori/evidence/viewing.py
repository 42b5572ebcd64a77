# SPDX-License-Identifier: AGPL-3.0-or-later
"""閲覧用: a copy that every player shows, made anew from H.265 or MJPEG (PyAV, H.264).

It proves nothing: its pictures are not the camera's bits. It is named and labelled so, and the
stream copy beside it is what counts. A mark can be laid over every picture.
"""

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

TITLE = "閲覧用・証拠ではありません (viewing copy, not evidence: that is the file beside it)"
"""What players show as the film's title."""
_OPTIONS = {"preset": "veryfast", "crf": "18"}


def make_copy(source: Any, target: Any, *, mark: bytes | None = None) -> int:
    """Transcode the MP4 in `source` to H.264 in `target` (binary files); returns the pictures.

    `mark` is a PNG, laid over the foot of every picture. Pictures that do not decode are passed
    over, as a player would.
    """
    count = 0
    with (
        av.open(source, "r", format="mp4") as film,
        av.open(target, "w", format="mp4") as copy,
    ):
        before = film.streams.video[0]
        after = copy.add_stream("libx264", rate=Fraction(before.average_rate or 15))
        assert isinstance(after, VideoStream)
        after.width, after.height = before.width, before.height
        after.pix_fmt = "yuv420p"
        after.time_base = before.time_base or Fraction(1, 90_000)
        after.codec_context.time_base = after.time_base
        after.options = dict(_OPTIONS)
        copy.metadata["title"] = TITLE
        over = _Marked(mark, before) if mark else _plain
        last = -1
        for frame in film.decode(before):
            if frame.pts is None or frame.pts <= last:
                continue
            last = frame.pts
            for shown in over(frame.reformat(format="yuv420p")):
                shown.pict_type = PictureType.NONE
                copy.mux(after.encode(shown))
                count += 1
        copy.mux(after.encode(None))
    return count


def _plain(frame: VideoFrame) -> Iterator[VideoFrame]:
    yield frame


class _Marked:
    """Lays the mark over pictures of a film's size, three quarters of their width."""

    def __init__(self, mark: bytes, film: VideoStream) -> None:
        with av.open(io.BytesIO(mark), "r") as image:
            written = next(image.decode(video=0))
        rate = film.time_base or Fraction(1, 90_000)
        # The filters live no longer than the graph does: it is kept beside them.
        self._graph = Graph()
        self._pictures = self._graph.add_buffer(
            width=film.width, height=film.height, format=VideoFormat("yuv420p"), time_base=rate
        )
        marks = self._graph.add_buffer(
            width=written.width, height=written.height, format=written.format, time_base=rate
        )
        fitted = self._graph.add("scale", f"w={film.width * 3 // 4}:h=-1")
        laid = self._graph.add("overlay", "x=(W-w)/2:y=H-h-8:eof_action=repeat:format=yuv420")
        self._out = self._graph.add("buffersink")
        marks.link_to(fitted)
        self._pictures.link_to(laid, 0, 0)
        fitted.link_to(laid, 0, 1)
        laid.link_to(self._out)
        self._graph.configure()
        written.pts, written.time_base = 0, rate
        marks.push(written)
        marks.push(None)

    def __call__(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """One picture in, one out: the mark was there before the first and stays."""
        self._pictures.push(frame)
        made = self._out.pull()
        assert isinstance(made, VideoFrame)
        yield made
