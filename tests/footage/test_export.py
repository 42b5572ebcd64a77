# SPDX-License-Identifier: AGPL-3.0-or-later
from pathlib import Path

from machimori.footage.export import export
from machimori.footage.mp4.testing import chunks_of, encode, ffmpeg_decodes, ffprobe, sent
from machimori.footage.rtp.testing import description


def test_h264_becomes_a_clip_that_ffmpeg_decodes(tmp_path: Path) -> None:
    pictures = encode("h264")
    clips = []
    result = export(description("H264"), chunks_of(sent("h264", pictures)))
    for clip in result:
        path = tmp_path / f"{clip.number}.mp4"
        clips.append(clip.write(path))
        ffmpeg_decodes(path)
        stream = ffprobe(path)["streams"][0]
        assert stream["codec_tag_string"] == "avc1"
        assert (stream["width"], stream["height"]) == (320, 192)
        assert stream["nb_read_frames"] == "30"
        assert stream["avg_frame_rate"] == "15/1"
        assert stream["duration_ts"] == 180_000
    assert [clip.pictures for clip in clips] == [30]
    assert result.report.undecodable == []
    assert result.report.lost == 0
