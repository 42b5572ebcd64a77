# SPDX-License-Identifier: AGPL-3.0-or-later
"""The golden tables: everything each document decides, as shipped and with all proposals adopted.

They were read line by line against the documents. After a change of the rules, write them anew with
`machimori policy table ID` and `machimori policy table ID --adopted 2026-04-01`, and read what
changed the same way.
"""

from pathlib import Path

import pytest

from machimori.policy.document import ProfileId
from machimori.policy.profile import bundled, profiles
from machimori.policy.table import HEADER, decision_table
from machimori.policy.testing import with_proposals

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", profiles())
def test_as_shipped(name: ProfileId) -> None:
    assert decision_table(bundled(name)) == (GOLDEN / f"{name}.tsv").read_text()


@pytest.mark.parametrize("name", profiles())
def test_with_every_proposal_adopted(name: ProfileId) -> None:
    table = decision_table(with_proposals(bundled(name)))
    assert table == (GOLDEN / f"{name}.adopted.tsv").read_text()
    assert "unset" not in table


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.tsv")), ids=lambda path: path.stem)
def test_nobody_without_a_ground_or_an_order_opens_anything(path: Path) -> None:
    """Read back from the tables: no row opens recordings with nothing to rest on."""
    for line in path.read_text().splitlines()[1:]:
        row = dict(zip(HEADER, line.split("\t"), strict=True))
        if row["act"] in ("view", "copy", "print", "redact_copy", "hand_over", "decide"):
            assert row["outcome"] == "refused" or "none" not in row["ground"].split(",")
            assert row["outcome"] == "refused" or row["ground"] != "*"
        if row["posts"] in ("auditor", "system_administrator", "host"):
            assert row["outcome"] == "refused"
