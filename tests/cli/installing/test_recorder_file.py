# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recorder's configuration that `machimori init` writes."""

import tomllib
from pathlib import Path

import pytest

from machimori.cli.installing.answers import Answers
from machimori.cli.installing.steps import recorder_file
from machimori.kernel.signing import SigningKey
from machimori.recorder.config import RecorderConfig

BASE = Path("/srv/machimori/recorders/rec-1")


@pytest.mark.parametrize(
    ("profile", "live"),
    [("sakai", BASE / "live.sock"), *((name, None) for name in ("inzai", "matsudo", "saga"))],
)
def test_K6_I9_only_where_named_posts_watch_there_is_a_socket_for_present_pictures(
    profile: str, live: Path | None
) -> None:
    """The installer writes `live` where the profile names posts that watch, and nowhere else."""
    answers = Answers(
        host="machimori.city.test",
        city="市",
        scheme="street",
        scheme_name="街頭防犯カメラ",
        profile=profile,
        login="1001",
        name="佐藤 花子",
        places={"home": "/srv/machimori/places/home"},
    )
    text = recorder_file(answers, SigningKey.generate().public.raw.hex())
    assert RecorderConfig.parse(tomllib.loads(text), base=BASE).live == live
