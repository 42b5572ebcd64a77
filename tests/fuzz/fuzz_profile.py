# SPDX-License-Identifier: AGPL-3.0-or-later
"""Policy profiles: TOML from a city, and what the rules make of it."""

from importlib import resources

from machimori.policy.adoption import open_points
from machimori.policy.contradictions import contradictions
from machimori.policy.errors import PolicyError
from machimori.policy.profile import parse, profiles


def one_input(data: bytes) -> None:
    try:
        profile = parse(data.decode("utf-8", "replace"))
    except PolicyError:
        return
    for key in profile.given:
        assert not profile.applies(key) or profile.answer(key) == profile.given[key]
    open_points(profile)
    contradictions(profile)


def seeds() -> list[bytes]:
    files = resources.files("machimori.policy") / "profiles"
    # Short ones, so that a damage meets the structure and not only the words.
    head = b'[document]\nid = "a"\ntitle = "t"\nshort = "s"\ncited_as = "c"\ncity = "y"\n'
    answer = b'kind = "draft"\n[retention]\ndays = { status = "stated", clause = "s 1", value = 9 }'
    return [head + answer, *((files / f"{name}.toml").read_bytes() for name in profiles()[:1])]
