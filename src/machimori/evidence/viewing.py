# SPDX-License-Identifier: AGPL-3.0-or-later
"""閲覧用: a copy that every player shows, made anew from H.265 or MJPEG (PyAV, H.264).

It proves nothing: its pictures are not the camera's bits. It is named and labelled so, and the
stream copy beside it is what counts.
"""

from fractions import Fraction
from typing import Any

import av
from av.video.stream import VideoStream

_OPTIONS = {"preset": "veryfast", "crf": "18"}


def make_copy(source: Any, target: Any) -> int:
    """Transcode the MP4 in `source` to H.264 in `target` (binary files); returns the pictures.

    Pictures that do not decode are passed over, as a player would.
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
        copy.metadata["title"] = "閲覧用 (viewing copy; the evidence is the file beside it)"
        last = -1
        for frame in film.decode(before):
            if frame.pts is None or frame.pts <= last:
                continue
            last = frame.pts
            frame.pict_type = av.video.frame.PictureType.NONE
            copy.mux(after.encode(frame.reformat(format="yuv420p")))
            count += 1
        copy.mux(after.encode(None))
    return count
