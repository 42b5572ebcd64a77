# SPDX-License-Identifier: AGPL-3.0-or-later
"""The press with the fonts that the set-up fetched."""

from pathlib import Path

import pytest

from machimori.office.paper.press import Press

FONTS = Path(__file__).parents[3] / "frontend" / "node_modules" / "@expo-google-fonts"


@pytest.fixture(scope="session")
def fonts() -> Path:
    """The directory in which the set-up puts the fonts."""
    return FONTS


@pytest.fixture(scope="session")
def press(fonts: Path) -> Press:
    """One press for all tests."""
    return Press(fonts)
