# SPDX-License-Identifier: AGPL-3.0-or-later
"""Packages of a small city: recorded, sealed, released and made once for all tests."""

from collections.abc import Callable

import pytest

from machimori.evidence.testing import Codec, Made, packed, recorded


@pytest.fixture(scope="session")
def made_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Codec], Made]:
    """The package of a codec, seconds 1.5 to 9 of a recording that ends at 6."""
    known: dict[Codec, Made] = {}

    def give(codec: Codec) -> Made:
        if codec not in known:
            city, pictures = recorded(codec)
            out = tmp_path_factory.mktemp("evidence") / f"{codec}.zip"
            known[codec] = Made(city=city, package=packed(city, out, 1.5, 9), pictures=pictures)
        return known[codec]

    return give


@pytest.fixture(scope="session")
def made(made_of: Callable[[Codec], Made]) -> Made:
    """The H.264 package."""
    return made_of("h264")
