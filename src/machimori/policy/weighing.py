# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collect what speaks against an act, with its clause, and the rules by which it is allowed."""

from dataclasses import dataclass, field

from machimori.policy.profile import Profile
from machimori.policy.questions import catalogue
from machimori.policy.requests import Request
from machimori.policy.wording import Source, in_words, post_name, source


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why an act is refused. `clause` is empty unless the document itself says so."""

    code: str
    key: str
    text_ja: str
    text_en: str
    clause: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Allowed exactly if there is no reason against it; `basis` are the rules it rests on."""

    allowed: bool
    reasons: tuple[Reason, ...]
    basis: tuple[Source, ...]


@dataclass(kw_only=True)
class Weighing:
    """One decision in the making."""

    profile: Profile
    request: Request
    reasons: list[Reason] = field(default_factory=list)
    basis: list[Source] = field(default_factory=list)

    def outcome(self) -> Decision:
        """The decision as it stands."""
        basis = dict.fromkeys(self.basis)
        return Decision(allowed=not self.reasons, reasons=tuple(self.reasons), basis=tuple(basis))

    def settled(self, key: str, ja: str = "", en: str = "") -> bool:
        """Whether this rule is there to go by; an unset one refuses the act, in these words."""
        answer = self.profile.answer(key)
        if answer.status != "unset":
            self.basis.append(source(self.profile, key))
            return True
        question = catalogue().question(key)
        near = source(self.profile, key).ja
        self._add(
            "unset",
            key,
            ja
            or f"「{question.ja}」が決まっていません。市が決めるまで、この操作はできません。"
            + (f"（関係する条文：{near}）" if answer.clause else ""),
            en
            or f"'{question.en}' is not decided; until the city decides, this act is impossible.",
        )
        return False

    def flag(self, key: str) -> bool | None:
        """The rule's yes or no; None, with a reason against the act, where it is unset."""
        return self.profile.flag(key) if self.settled(key) else None

    def need(self, condition: bool, code: str, key: str, ja: str, en: str) -> bool:
        """Refuse unless `condition`. `{source}` in the texts becomes who says so."""
        if not condition:
            said = source(self.profile, key)
            # A clause is cited only where the sentence says what the clause says.
            self._add(
                code,
                key,
                ja.replace("{source}", said.ja),
                en.replace("{source}", said.en),
                cited="{source}" in ja,
            )
        return condition

    def post(self, key: str, act_ja: str, act_en: str) -> bool:
        """Refuse unless the requester's post is in this list and exists under these rules."""
        post = self.request.post
        ja, en = post_name(self.profile, post)
        presence = self.profile.text(f"posts.{post}.presence")
        if presence is None:
            if not self.settled(f"posts.{post}.presence"):
                return False
        elif not self.need(
            presence != "absent",
            "post_absent",
            f"posts.{post}.presence",
            f"この制度に「{ja}」は置かれていません。",
            f"There is no {en} under these rules.",
        ):
            return False
        if not self.settled(key):
            return False
        allowed = self.profile.names(key) or ()
        if post in allowed:
            return True
        names = [post_name(self.profile, name) for name in allowed]
        return self.need(
            False,
            "post",
            key,
            f"{ja}は{act_ja}ことができません。{{source}}が認めるのは"
            + ("、".join(name for name, _ in names) or "誰でもない")
            + "です。",
            f"The {en} may not {act_en}: {{source}} allows "
            + (", ".join(name for _, name in names) or "nobody")
            + ".",
        )

    def post_or_deputy(self, key: str, deputies: str, act_ja: str, act_en: str) -> bool:
        """As `post`; a dated delegation lets a post of the list `deputies` act in its place."""
        own = self.request.post in (self.profile.names(key) or ())
        stands_in = self.request.delegated and not own
        return self.post(deputies if stands_in else key, act_ja, act_en)

    def chosen(self, key: str, names: tuple[str, ...]) -> tuple[str, str]:
        """Values of a question in words, Japanese and English."""
        return in_words(catalogue().question(key), names)

    def _add(self, code: str, key: str, ja: str, en: str, *, cited: bool = True) -> None:
        clause = self.profile.answer(key).clause if cited else ""
        self.reasons.append(Reason(code=code, key=key, text_ja=ja, text_en=en, clause=clause))
