# SPDX-License-Identifier: AGPL-3.0-or-later
"""The verifier inside `verify.html`: what the page shows, as JSON.

The page runs these modules on a Python that a browser runs (`evidence/page`), over files that the
reader has chosen; it adds nothing to what they say.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from machimori.evidence.errors import PackageError
from machimori.evidence.verifier import wording
from machimori.evidence.verifier.app import as_json
from machimori.evidence.verifier.check import Progress, verify
from machimori.evidence.verifier.container import ZipSource
from machimori.evidence.verifier.statement import Camera
from machimori.evidence.verifier.verdict import Judgement, Verdict

_UNPROVEN: Final[Mapping[wording.Language, str]] = {
    "ja": "この証拠は、作られたときから変わっていません。ただし、どの市が作ったかは確かめていません"
    "（市が公表する指紋を入れて、もう一度確かめてください）。",
    "en": "This evidence has not changed since it was made, but its origin is unproven "
    "(enter the fingerprint that the city publishes and verify again).",
}
"""`wording.VERDICTS` names an option of the command line here."""


def judge(
    path: str, *, city: str, language: wording.Language, progress: Progress | None = None
) -> str:
    """Judge the package at `path`; JSON of `exit_code`, `verdict`, `sentence`, `sections`,
    `facts`, `cameras` (name, lines, films) and `record` (what `verify.py --json` prints)."""
    place = Path(path)
    try:
        judgement = verify(place, city=city, progress=progress)
    except OSError as error:
        judgement = Judgement()
        judgement.add("unreadable", "package_form", place.name, error.strerror or "")
    statement = judgement.statement
    shown: dict[str, Any] = {
        "exit_code": judgement.verdict.value,
        "verdict": judgement.verdict.name.lower(),
        "sentence": _sentence(judgement.verdict, language),
        "sections": wording.sections(judgement, language),
        "facts": wording.facts(judgement, language),
        "cameras": [
            {
                "camera": camera.camera,
                "lines": wording.camera_facts(judgement, camera, language),
                "films": _films(place, camera),
            }
            for camera in (statement.cameras if statement else ())
        ],
        "record": json.loads(as_json(judgement)),
    }
    return json.dumps(shown, ensure_ascii=False)


def _sentence(verdict: Verdict, language: wording.Language) -> str:
    if verdict is Verdict.ORIGIN_UNPROVEN:
        return _UNPROVEN[language]
    return wording.VERDICTS[verdict][wording.LANGUAGES.index(language)]


def _films(place: Path, camera: Camera) -> list[dict[str, Any]]:
    """The camera's films that are here: where in the zip each lies, or null in a folder."""
    if place.is_dir():
        return [
            {"path": v.path, "kind": v.kind, "codec": v.codec, "at": None, "size": 0}
            for v in camera.videos
            if (place / v.path).is_file()
        ]
    try:
        with ZipSource(place) as source:
            return [
                {
                    "path": v.path,
                    "kind": v.kind,
                    "codec": v.codec,
                    "at": source.place(v.path),
                    "size": source.files[v.path],
                }
                for v in camera.videos
                if v.path in source.files
            ]
    except PackageError:
        return []  # it was judged; only the films cannot be shown
