# SPDX-License-Identifier: AGPL-3.0-or-later
"""The published vectors are what the code makes, and each gets the verdict it was given."""

import json
from pathlib import Path
from typing import Any

import pytest

from machimori.kernel.signing import PublicKey
from machimori.ledger import vectors
from machimori.ledger.checkpoint import LogKey
from machimori.ledger.entry import Entry
from machimori.ledger.errors import ProofError
from machimori.ledger.proof import Consistency, Inclusion

FILE = Path(__file__).parents[2] / "docs/ref/vectors/ledger/proofs.json"
PUBLISHED: dict[str, Any] = json.loads(FILE.read_text())
KEY = LogKey.parse(PUBLISHED["vkey"], PublicKey)


def test_the_file_is_what_the_code_makes() -> None:
    assert vectors.make() == PUBLISHED
    for text in PUBLISHED["entries"]:
        assert Entry.decode(text.encode()).encode() == text.encode()


@pytest.mark.parametrize("case", PUBLISHED["inclusion"], ids=lambda case: case["why"])
def test_inclusion(case: dict[str, str]) -> None:
    proof = Inclusion.decode(case["proof"].encode())
    if case["verdict"] == "sound":
        proof.verify(case["entry"].encode(), KEY)
    else:
        with pytest.raises(ProofError):
            proof.verify(case["entry"].encode(), KEY)


@pytest.mark.parametrize("case", PUBLISHED["consistency"], ids=lambda case: case["why"])
def test_consistency(case: dict[str, str]) -> None:
    proof = Consistency.decode(case["proof"].encode())
    if case["verdict"] == "sound":
        proof.verify(KEY)
    else:
        with pytest.raises(ProofError):
            proof.verify(KEY)
