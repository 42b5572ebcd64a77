# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the articles are drafted with: a profile's values in 例規 words, and their origins.

A sentence names the questions it rests on. What is unset stands in it as 【未決定：…】 with the
question's label. A sentence that rests on no question is the product's own: 標準の定め.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from machimori.policy.grounds import Ground, grounds
from machimori.policy.profile import Profile
from machimori.policy.questions import catalogue
from machimori.policy.text.structure import Item, Paragraph, joined
from machimori.policy.wording import era_date, in_words, source

STANDARD = "標準の定め"
NOTHING = "（該当なし）"
"""What a sentence says that needs a list of somebody or something, where the list is empty."""

_POSTS = {
    "operator": "取扱者",
    "police_image_manager": "画像管理責任者",
    "police_operator": "画像取扱者",
    "host": "設置世帯等",
    "auditor": "監査担当者",
    "system_administrator": "システム担当者",
}
"""Posts whose standard name is a label for a page and no word of a rule."""


@dataclass(frozen=True, kw_only=True)
class Drafting:
    """One profile, asked for words."""

    profile: Profile

    def paragraph(
        self, text: str, *keys: str, name: str = "", items: Iterable[Item] = ()
    ) -> Paragraph:
        """A 項 resting on these questions; those that do not apply here are passed over."""
        return Paragraph(
            text=text,
            origins=self._origins(keys),
            opens=self._opens(keys),
            name=name,
            items=tuple(items),
        )

    def item(self, text: str, *keys: str, name: str = "") -> Item:
        """A 号, likewise."""
        return Item(text=text, origins=self._origins(keys), opens=self._opens(keys), name=name)

    def _origins(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        said = [origin(self.profile, key) for key in keys if self.profile.applies(key)]
        return tuple(dict.fromkeys(said)) or (STANDARD,)

    def _opens(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for key in keys if self.unset(key)))

    def unset(self, key: str) -> bool:
        """Whether this question applies and nobody has answered it."""
        found = self.profile.answers.get(key)
        return found is not None and found.value is None

    def yes(self, key: str) -> bool:
        """Whether the answer is yes; an open question and one that does not apply are no."""
        return self.profile.flag(key) is True

    def stated(self, key: str) -> bool:
        """Whether document or city said so, not the product."""
        found = self.profile.answers.get(key)
        return found is not None and found.status in ("stated", "local")

    def mark(self, key: str) -> str:
        """What stands in a sentence for an answer that is not there."""
        return f"【未決定：{catalogue().question(key).ja}】"

    def words(self, key: str) -> str:
        """The value in words, or the mark."""
        value = self.profile.get(key)
        return self.mark(key) if value is None else in_words(catalogue().question(key), value)[0]

    def clock(self, key: str) -> str:
        """08:30 as 午前8時30分, or the mark."""
        value = self.profile.text(key)
        if value is None:
            return self.mark(key)
        hour, minute = (int(part) for part in value.split(":"))
        half, shown = ("午前", hour) if hour < 12 else ("午後", hour - 12)
        return f"{half}{shown}時{f'{minute}分' if minute else ''}"

    def day(self, key: str) -> str:
        """A day in 和暦, or the mark."""
        value = self.profile.day(key)
        return self.mark(key) if value is None else era_date(value)

    def has(self, post: str) -> bool:
        """Whether there is, or may yet be, this post."""
        return self.profile.text(f"posts.{post}.presence") != "absent"

    def full_name(self, post: str) -> str:
        """A post as the document calls it, or by its ordinary name."""
        key = f"posts.{post}.title"
        standard = next(one.ja for one in catalogue().members["posts"] if one.id == post)
        title = self.profile.text(key) if self.stated(key) else None
        return title or _POSTS.get(post, standard)

    def name(self, post: str) -> str:
        """The short name by which articles go on."""
        standard = next(one.ja for one in catalogue().members["posts"] if one.id == post)
        short = _POSTS.get(post, standard)
        full = self.full_name(post)
        return short if full.endswith(short) else full

    def introduced(self, post: str) -> str:
        """Full name with 以下「…」という。 where the short one differs."""
        full, short = self.full_name(post), self.name(post)
        return full if full == short else f"{full}（以下「{short}」という。）"

    @property
    def manager(self) -> str:
        """Who answers for it all, by the short name."""
        return self.name("system_manager")

    def people(self, key: str, joint: str = "及び") -> str:
        """The posts of a list that exist here, or the mark; empty if there are none."""
        posts = self.profile.names(key)
        if posts is None:
            return self.mark(key)
        return joined([self.name(post) for post in posts if self.has(post)], joint)

    def holders(self, key: str, joint: str = "及び") -> str:
        """As `people`, for a sentence that needs somebody: an empty list is said to be empty."""
        return self.people(key, joint) or NOTHING

    def places(self, key: str) -> str:
        """The places of a list by their labels, or the mark; one without a label as it is."""
        listed = self.profile.names(key)
        if listed is None:
            return self.mark(key)
        known = self.profile.members("places")
        labels = [self.words(f"places.{one}.label") if one in known else one for one in listed]
        return joined(labels, "及び") or NOTHING

    def unnamed_places(self, key: str) -> tuple[str, ...]:
        """The keys of those labels that are unset."""
        keys = (f"places.{one}.label" for one in self.profile.names(key) or ())
        return tuple(one for one in keys if self.unset(one))

    def form(self, kind: str) -> str:
        """A form's title, with its number if it has one."""
        standard = next(one.ja for one in catalogue().members["forms"] if one.id == kind)
        title = self.profile.text(f"forms.{kind}.title")
        if not self.stated(f"forms.{kind}.title") or title is None:
            title = standard
        number = self.profile.text(f"forms.{kind}.number")
        if not self.stated(f"forms.{kind}.number") or number is None:
            return title
        return f"{title}（{number}）"

    def grounds(self) -> tuple[Ground, ...]:
        """The grounds in the document's order."""
        return grounds(self.profile)

    @property
    def machine(self) -> str:
        """What the rule calls an enrolled terminal."""
        return "専用パソコン" if self.stated("terminals.dedicated") else "操作端末"


def origin(profile: Profile, key: str) -> str:
    """The clause, the city's decision with its number, 標準の定め, or that nobody decided yet."""
    answer = profile.answer(key)
    said = source(profile, key).ja
    if answer.status == "unset":
        cited = f"（{said}）" if answer.clause else ""
        return f"【未決定：{catalogue().question(key).ja}】{cited}"
    if answer.status == "local" and answer.decision:
        return f"{said.removesuffix('）')} {answer.decision}）"
    return said


def with_subject(subject: str, sentence: str) -> str:
    """`sentence` with a subject before it, unless it brings its own."""
    # ては, 又は, 若しくは are no subject: 漏らしてはならない.
    own = re.match(r"[^、。]{1,24}(?<![てで又くい])は", sentence)
    return sentence if own else f"{subject}{sentence}"


def sentence(text: str) -> str:
    """`text` with its full stop."""
    return text if text.endswith("。") else f"{text}。"
