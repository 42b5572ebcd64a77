# SPDX-License-Identifier: AGPL-3.0-or-later
"""docs/ref/statements.md lists every reason and every statement, and no other."""

import re
from dataclasses import fields
from pathlib import Path

import machimori.vault
from machimori.vault.client.statements import STATEMENTS

SOURCE = Path(machimori.vault.__file__).parent
DOCUMENT = Path(__file__).parents[2] / "docs" / "ref" / "statements.md"


def rows(text: str) -> list[list[str]]:
    found = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in found]


def test_every_reason_is_documented() -> None:
    used: set[str] = set()
    for path in (SOURCE / "opening").glob("*.py"):
        text = path.read_text()
        used |= set(re.findall(r'VaultRefusedError\(\s*"([a-z0-9_]+)"', text))
        used |= set(re.findall(r'reason = "([a-z_]+)" if', text))
        used |= set(re.findall(r'why or "([a-z_]+)"', text))
    table = DOCUMENT.read_text().split("## Reasons")[1]
    listed = {word for row in rows(table) for word in re.findall(r"`([a-z0-9_]+)`", row[0])}
    assert listed == used


def test_every_statement_is_documented() -> None:
    table = DOCUMENT.read_text().split("## Reasons")[0]
    listed = {row[0].strip("`"): row[1] for row in rows(table)}
    assert listed.keys() == {kind.KIND for kind in STATEMENTS}
    for kind in STATEMENTS:
        names = {f.metadata["name"] or f.name for f in fields(kind)}
        members = listed[kind.KIND]
        while "{" in members:
            # What a member holds, from the inside out, is no member.
            members = re.sub(r"\{[^{}]*\}", "", members)
        found = set(re.findall(r"`([a-z_]+)`", members))
        assert found == names, kind.KIND
