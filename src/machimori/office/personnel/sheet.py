# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Excel form of April 1st: who comes and who goes, all of it checked before any of it counts.

A line without a 異動 stays as it is, so that the form can be filled with everybody who is there.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _t

from machimori.kernel.instants import day_start, instant
from machimori.office.people import access as people
from machimori.office.people.acting import Acting, current
from machimori.office.people.forms import NewPersonForm
from machimori.office.people.models import Appointment, Person
from machimori.office.personnel import access
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import LABELS, Post
from machimori.office.shared.sheets import SHOWN, wrong
from machimori.policy.profile import Profile
from machimori.policy.wording import post_name

MOST: Final = 300
"""Lines of one transfer that say something."""
COMES: Final = "任命"
GOES: Final = "終わり"
Rows = Sequence[tuple[int, Mapping[str, str]]]
"""Lines by their numbers in the sheet, as `shared.sheets.numbered` reads them."""


def columns() -> dict[str, str]:
    """Fields of a line and what their columns are called."""
    return {
        "change": _t("異動"),
        "post": _t("職"),
        "login": _t("職員番号"),
        "name": _t("氏名"),
        "kana": _t("ふりがな"),
        "section": _t("所属"),
    }


@dataclass(frozen=True, kw_only=True)
class Line:
    """One change that may be made."""

    number: int
    """In the sheet."""
    post: Post
    login: str
    name: str
    kana: str
    section: str
    person: Person | None
    """None: not known yet."""
    ends: Appointment | None
    """The appointment that ends; None: one begins."""


def filled(acting: Acting) -> Iterator[tuple[str, ...]]:
    """The form's lines with everybody who holds a post now, without a 異動."""
    held = people.appointments(acting).filter(current(acting.at)).order_by("post", "person__kana")
    for one in held:
        person = one.person
        label = str(LABELS[next(post for post in LABELS if post == one.post)])
        yield ("", label, person.login, person.name, person.kana, person.section)


def check(rows: Rows, on: dt.date, *, acting: Acting) -> list[Line]:
    """The changes of these lines on this day.

    Raises ActionRefusedError with a reason for each line that is wrong, or if nobody would be
    管理責任者 from that day on.
    """
    reader = _Reader(on, acting)
    lines: list[Line] = []
    reasons: list[Reason] = []
    for number, values in rows:
        if not values["change"]:
            continue
        try:
            lines.append(reader.line(number, values))
        except ActionRefusedError as error:
            reasons += error.reasons
    if len(lines) > MOST:
        reasons.append(Reason(text=_t("一度に入れられる異動は300件までです。")))
    if not reasons and not lines:
        reasons.append(
            Reason(text=_t("「異動」に「任命」か「終わり」と書いた行が、1つもありません。"))
        )
    if not reasons and reader.unmanaged():
        reasons.append(Reason(text=_t("管理責任者がいなくなります。後任の任命も入れてください。")))
    if reasons:
        raise ActionRefusedError(_t("取り込めませんでした。何も変えていません"), *reasons[:SHOWN])
    return lines


class _Reader:
    """What is known before the first line, and what the lines so far have said."""

    def __init__(self, on: dt.date, acting: Acting) -> None:
        self._on, self._acting = on, acting
        self._start = instant(day_start(on))
        rules = access.rules_today(acting)
        self._posts = _titles(rules)
        self._allowed = people.appointable(acting, on)
        self._people = {one.login: one for one in people.people(acting)}
        held = people.appointments(acting).filter(current(self._start))
        self._held = {(one.person.login, one.post): one for one in held}
        self._seen: dict[tuple[str, str], int] = {}
        self._managers = {login for login, post in self._held if post == "system_manager"}

    def unmanaged(self) -> bool:
        """Whether nobody is 管理責任者 after these lines."""
        return not self._managers

    def line(self, number: int, values: Mapping[str, str]) -> Line:
        """What one line says. Raises ActionRefusedError."""
        form = NewPersonForm({**values, "name": values["name"] or "－"})
        if not form.is_valid():
            raise ActionRefusedError("", *wrong(number, form, columns()))
        post = self._post(number, values["post"])
        if values["change"] == COMES:
            self._unreported(number, post)
        login = values["login"]
        if first := self._seen.get((login, post)):
            text = _t("%(first)s行目と同じ人の、同じ職です。") % {"first": first}
            raise _refused(number, text)
        self._seen[login, post] = number
        change, person = values["change"], self._people.get(login)
        if change == GOES:
            found, known = self._leaving(number, login, post), person
        elif change == COMES:
            found, known = None, self._coming(number, values, post)
        else:
            raise _refused(number, _t("「異動」には「任命」か「終わり」と書いてください。"))
        self._managers -= {login} if found and post == "system_manager" else set()
        self._managers |= {login} if not found and post == "system_manager" else set()
        return Line(
            number=number,
            post=post,
            login=login,
            name=known.name if known else values["name"],
            kana=values["kana"],
            section=known.section if known else values["section"],
            person=known,
            ends=found,
        )

    def _post(self, number: int, title: str) -> Post:
        post = self._posts.get("".join(title.split()))
        if post is None:
            raise _refused(
                number, _t("「%(title)s」という職はありません。") % {"title": title[:40]}
            )
        if post not in self._allowed:
            try:
                people.check_appoints(self._acting, post, self._on)
            except ActionRefusedError as error:
                reason = error.reasons[0]
                raise _refused(number, reason.text, reason.clause) from error
        return post

    def _unreported(self, number: int, post: Post) -> None:
        try:
            people.check_unreported(self._acting, post, self._on)
        except ActionRefusedError as error:
            reason = error.reasons[0]
            raise _refused(number, reason.text, reason.clause) from error

    def _leaving(self, number: int, login: str, post: Post) -> Appointment:
        found = self._held.get((login, post))
        if found is None:
            raise _refused(number, _t("その日に、この職の任命がありません。"))
        return found

    def _coming(self, number: int, values: Mapping[str, str], post: Post) -> Person | None:
        login, name = values["login"], values["name"]
        person = self._people.get(login)
        if (login, post) in self._held:
            raise _refused(number, _t("もう、この職に任命されています。"))
        if not name:
            raise _refused(number, _t("氏名を書いてください。"))
        if person is None and Person.objects.filter(login=login).exists():
            raise _refused(number, _t("この番号は、ほかの制度の人のものです。"))
        if person and "".join(person.name.split()) != "".join(name.split()):
            text = _t("この番号は%(name)sさんのものです。番号か氏名を直してください。")
            raise _refused(number, text % {"name": person.name})
        return person


def _titles(rules: Profile) -> dict[str, Post]:
    """Posts by what pages and the document call them."""
    found = {str(label): post for post, label in LABELS.items()}
    found |= {post_name(rules, post)[0]: post for post in LABELS}
    return {"".join(title.split()): post for title, post in found.items()}


def _refused(number: int, text: str, clause: str = "") -> ActionRefusedError:
    said = _t("%(n)s行目：%(text)s") % {"n": number, "text": text}
    return ActionRefusedError("", Reason(text=said, clause=clause))
