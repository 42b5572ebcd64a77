# SPDX-License-Identifier: AGPL-3.0-or-later
"""English is complete: whatever the source says in Japanese has its English."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po

import machimori.office

OFFICE = Path(machimori.office.__file__).parent
TAG = re.compile(r"""\{%\s*translate\s+(?:"([^"]+)"|'([^']+)')""")
BLOCK = re.compile(r"\{%\s*blocktranslate[^%]*%\}(.*?)\{%\s*endblocktranslate", re.DOTALL)


def said() -> Iterator[str]:
    for path in OFFICE.rglob("*.html"):
        text = path.read_text()
        yield from (found[1] or found[2] for found in TAG.finditer(text))
        for found in BLOCK.finditer(text):
            yield re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", found[1])
    for path in OFFICE.rglob("*.py"):
        source = io.BytesIO(path.read_bytes())
        for _, message, _, _ in extract("python", source, keywords={"_": None, "_t": None}):
            assert isinstance(message, str)
            yield message


def test_every_sentence_has_its_english() -> None:
    with (OFFICE / "locale/en/LC_MESSAGES/django.po").open("rb") as file:
        english = {message.id: message.string for message in read_po(file)}
    missing = sorted({sentence for sentence in said() if not english.get(sentence)})
    assert missing == []


def test_a_translation_keeps_its_blanks() -> None:
    blank = re.compile(r"%\(\w+\)s|\{\w+\}")
    with (OFFICE / "locale/en/LC_MESSAGES/django.po").open("rb") as file:
        for message in read_po(file):
            if message.id:
                assert sorted(blank.findall(str(message.string))) == sorted(
                    blank.findall(str(message.id))
                )


def test_no_template_speaks_japanese_alone() -> None:
    japanese = re.compile("[\u3041-\u3096\u30a1-\u30f6\u4e00-\u9fff]+")
    for path in OFFICE.rglob("*.html"):
        bare = re.sub(r"\{%.*?%\}|\{#.*?#\}", "", BLOCK.sub("", path.read_text()), flags=re.DOTALL)
        assert set(japanese.findall(bare)) <= {"日本語"}, path.name
