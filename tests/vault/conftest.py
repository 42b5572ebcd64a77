# SPDX-License-Identifier: AGPL-3.0-or-later
"""A vault with officers, cameras, a recorder, a reader and a ledger, in the test's own process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from machimori.vault.opening.testing import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.vault.close()
