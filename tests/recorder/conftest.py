# SPDX-License-Identifier: AGPL-3.0-or-later
"""A recorder's directory with keys and a configuration file."""

from pathlib import Path

import pytest

from machimori.kernel.signing import SigningKey
from machimori.recorder.testing_place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(directory=tmp_path, vault=SigningKey.generate())
