# SPDX-License-Identifier: AGPL-3.0-or-later
"""監査: spot samples that can be drawn again, what was looked at, opinions and their replies."""

import datetime as dt
import hashlib
import re
import secrets
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.instants import instant, micros
from machimori.office.oversight import register
from machimori.office.oversight.access import KEEPERS
from machimori.office.oversight.asked import Asked
from machimori.office.oversight.history import File, add, begin, by
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.shared.errors import refusal

MOST: Final = 200
"""Lines of a sample."""
_SEED: Final = re.compile(r"[0-9A-Za-z-]{1,40}\Z", re.ASCII)


def choose(names: list[str], seed: str, size: int) -> list[str]:
    """The lines that this seed picks: those whose SHA-256 with the seed is smallest. Whoever knows
    seed and period draws the same, and nobody can tell beforehand which lines a seed spares."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}\0{name}".encode()).digest())[
        :size
    ]


def population(scheme: Scheme, start: dt.datetime, end: dt.datetime) -> list[str]:
    """Every line of the period."""
    return register.names(Asked(scheme=scheme, start=start, end=end))


@transaction.atomic
def draw(*, start: dt.datetime, end: dt.datetime, size: int, seed: str, acting: Acting) -> File:
    """抜き取る: lines of the period; without a seed a random one. Raises ActionRefusedError."""
    heading = _t("抜き取れません")
    if not acting.holds("auditor"):
        raise refusal(heading, _t("抜き取るのは、監査です。"))
    found = seed.strip() or secrets.token_hex(8)
    if not _SEED.match(found):
        raise refusal(heading, _t("種には、半角の英数字を40字まで使えます。"))
    if not start < end <= acting.at + dt.timedelta(days=1) or not 0 < size <= MOST:
        raise refusal(
            heading,
            _t("終わった期間と、1から%(most)sまでの件数を入れてください。") % {"most": MOST},
        )
    whole = population(acting.scheme, start, end)
    if not whole:
        raise refusal(heading, _t("この期間の利用簿には、行がありません。"))
    data: dict[str, Json] = {
        "end": micros(end),
        "names": [*choose(whole, found, size)],
        "population": len(whole),
        "seed": found,
        "size": size,
        "start": micros(start),
    }
    key = f"{micros(acting.at)}"
    return begin("sample_drawn", data, key=key, scheme=acting.scheme, **by(acting))


def same_again(file: File) -> bool:
    """Whether the seed still picks these lines out of the period."""
    data = file.opened
    whole = population(file.record.scheme, instant(data["start"]), instant(data["end"]))
    return bool(choose(whole, data["seed"], data["size"]) == data["names"])


@transaction.atomic
def look(file: File, name: str, *, sound: bool, note: str, acting: Acting) -> File:
    """確かめた: a line of the sample, and whether it was in order. Raises ActionRefusedError."""
    heading = _t("記録できません")
    if not acting.holds("auditor"):
        raise refusal(heading, _t("確かめたことを書くのは、監査です。"))
    if name not in file.opened["names"]:
        raise refusal(heading, _t("この抜取りの行ではありません。"))
    if not sound and not note.strip():
        raise refusal(heading, _t("どこが正しくないかを入れてください。"))
    data: dict[str, Json] = {"name": name, "note": note.strip(), "sound": sound}
    return add(file, "sample_looked", data, **by(acting))


@transaction.atomic
def give(*, about: str, text: str, acting: Acting) -> File:
    """意見を書く. Raises ActionRefusedError."""
    heading = _t("意見を記録できません")
    if not acting.holds("auditor"):
        raise refusal(heading, _t("意見を書くのは、監査です。"))
    if not text.strip():
        raise refusal(heading, _t("意見を入れてください。"))
    data = {"about": about.strip(), "text": text.strip()}
    key = secrets.token_hex(8)
    return begin("opinion_given", data, key=key, scheme=acting.scheme, **by(acting))


@transaction.atomic
def reply(file: File, *, reason: str, acting: Acting) -> File:
    """返答する: what is done about it. Raises ActionRefusedError."""
    heading = _t("返答できません")
    if not acting.holds(*KEEPERS):
        raise refusal(heading, _t("返答するのは、管理責任者と取扱責任者です。"))
    if not reason.strip():
        raise refusal(heading, _t("返答を入れてください。"))
    return add(file, "opinion_replied", {"reason": reason.strip()}, **by(acting))
