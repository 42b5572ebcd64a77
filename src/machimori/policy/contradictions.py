# SPDX-License-Identifier: AGPL-3.0-or-later
"""What in a profile does not go together: rules that cannot be kept, or that defeat one another.

Unset answers are no contradiction; `open_points` counts them. What is found here stays wrong
however the open points are decided, or became wrong by a decision.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from machimori.policy import rounds
from machimori.policy.grounds import grounds
from machimori.policy.profile import Profile
from machimori.policy.questions import catalogue
from machimori.policy.wording import post_name

_LISTS_OF_POSTS = ("terminals.operators", "emergency.deputies")


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """`key` is the answer to change first."""

    code: str
    key: str
    text_ja: str
    text_en: str


def contradictions(profile: Profile) -> tuple[Contradiction, ...]:
    """Everything that does not go together, in the order of the questions' sections."""
    return tuple(found for check in _CHECKS for found in check(profile))


def _absent_posts(profile: Profile) -> Iterator[Contradiction]:
    for key in profile.answers:
        if not key.startswith("acts.") and key not in _LISTS_OF_POSTS:
            continue
        names = profile.names(key)
        if names is None:
            continue
        there = [n for n in names if profile.text(f"posts.{n}.presence") != "absent"]
        for name in names:
            if name not in there:
                ja, en = post_name(profile, name)
                yield Contradiction(
                    code="absent_post",
                    key=key,
                    text_ja=f"「{ja}」は置かれていないのに、できる職に入っています。",
                    text_en=f"{en} is allowed to, but there is no such post",
                )
        if not there and key != "emergency.deputies":
            yield Contradiction(
                code="nobody",
                key=key,
                text_ja="これをできる人が誰もいません。",
                text_en="nobody may do this",
            )


def _round(profile: Profile) -> Iterator[Contradiction]:
    for key in rounds.KEYS:
        post = profile.text(key)
        if post in (None, rounds.NOBODY):
            continue
        if profile.text(f"posts.{post}.presence") == "absent":
            ja, en = post_name(profile, str(post))
            yield Contradiction(
                code="absent_post",
                key=key,
                text_ja=f"「{ja}」は置かれていないのに、起案がその職に回ります。",
                text_en=f"drafts go round to the {en}, but there is no such post",
            )


def _blind_posts(profile: Profile) -> Iterator[Contradiction]:
    for act in ("view", "copy", "print", "use_internally", "watch_live", "acquire_directly"):
        for name in profile.names(f"acts.{act}") or ():
            if profile.flag(f"posts.{name}.no_footage"):
                ja, en = post_name(profile, name)
                yield Contradiction(
                    code="no_footage",
                    key=f"acts.{act}",
                    text_ja=f"「{ja}」は画像を見られない職です。",
                    text_en=f"{en} is a post that never sees footage",
                )


def _own_copies(profile: Profile) -> Iterator[Contradiction]:
    if not profile.flag("copies.completion_check"):
        return
    makers = set(profile.names("acts.copy") or ())
    checkers = set(profile.names("acts.check_completion") or ())
    if makers and checkers and makers | checkers == makers & checkers and len(makers) == 1:
        yield Contradiction(
            code="own_copies",
            key="acts.check_completion",
            text_ja="複製する職と確認する職が同じ一つの職です。",
            text_en="the one post that copies is the one post that checks",
        )
    for name in profile.names("acts.deputise") or ():
        if name in makers and name in checkers:
            ja, en = post_name(profile, name)
            yield Contradiction(
                code="deputy_checks",
                key="acts.deputise",
                text_ja=f"「{ja}」は代決し、複製し、その確認もできてしまいます。",
                text_en=f"{en} could approve as deputy, copy, and check the copy",
            )


def _signers(profile: Profile) -> Iterator[Contradiction]:
    allowed = (profile.names("acts.decide") or ()) + (profile.names("acts.deputise") or ())
    deciders = [n for n in set(allowed) if profile.text(f"posts.{n}.presence") != "absent"]
    if not deciders or profile.names("acts.deputise") is None:
        return
    asked = {f"grounds.{ground.id}.signers": ground.signers for ground in grounds(profile)}
    asked |= {key: profile.number(key) or 1 for key in ("signing.hold", "signing.destruction")}
    for key, signers in asked.items():
        if signers > len(deciders):
            yield Contradiction(
                code="signers",
                key=key,
                text_ja=f"署名は{signers}人分必要ですが、決定できる職は{len(deciders)}つです。",
                text_en=f"{signers} must sign, but {len(deciders)} posts may decide",
            )


def _grounds(profile: Profile) -> Iterator[Contradiction]:
    if not profile.members("grounds"):
        yield Contradiction(
            code="no_ground",
            key="provision.closed",
            text_ja="根拠が一つもありません。何も提供できません。",
            text_en="there is no ground at all, so nothing can be provided",
        )
    for ground in grounds(profile):
        if ground.consent_scope == "applicant" and profile.text("editing.rule") == "forbidden":
            yield Contradiction(
                code="masking",
                key=f"grounds.{ground.id}.consent_scope",
                text_ja="ほかの人を隠して渡すことになっていますが、加工が禁じられています。",
                text_en="others are to be masked, but editing is forbidden",
            )
        if "removable" in ground.checks and profile.text("editing.rule") == "forbidden":
            yield Contradiction(
                code="redaction",
                key=f"grounds.{ground.id}.checks",
                text_ja="不開示情報を取り除くことになっていますが、加工が禁じられています。",
                text_en="redaction is asked for, but editing is forbidden",
            )
        longest = profile.number("signing.max_hold_days")
        if ground.hold_days is not None and longest is not None and ground.hold_days > longest:
            yield Contradiction(
                code="hold_days",
                key=f"grounds.{ground.id}.hold_days",
                text_ja=f"保管庫が守る保全は{longest}日までです。",
                text_en=f"the vault keeps a hold for at most {longest} days",
            )


def _places(profile: Profile) -> Iterator[Contradiction]:
    known = profile.members("places")
    for key in ("live.places", "terminals.places"):
        names = profile.names(key)
        if names is None:
            continue
        if not names and key == "live.places":
            yield Contradiction(
                code="no_place",
                key=key,
                text_ja="監視する職はありますが、場所がありません。",
                text_en="somebody watches live, but at no place",
            )
        for name in names:
            if name not in known:
                yield Contradiction(
                    code="unknown_place",
                    key=key,
                    text_ja=f"場所「{name}」が一覧にありません。",
                    text_en=f"place {name!r} is not in the list of places",
                )


def _emergency(profile: Profile) -> Iterator[Contradiction]:
    if not profile.flag("emergency.allowed"):
        return
    if not profile.flag("terminals.lent_to_police"):
        yield Contradiction(
            code="no_terminal",
            key="terminals.lent_to_police",
            text_ja="緊急の取出しを認めていますが、警察署に端末がありません。",
            text_en="emergency extraction is allowed, but no terminal is lent to the police",
        )
    if profile.flag("emergency.crime") is False and profile.flag("emergency.accident") is False:
        yield Contradiction(
            code="no_cause",
            key="emergency.crime",
            text_ja="緊急の取出しの理由が一つも認められていません。",
            text_en="emergency extraction is allowed for no cause",
        )
    if "open" in (profile.names("emergency.hours") or ()):
        yield Contradiction(
            code="office_hours",
            key="emergency.hours",
            text_ja="開庁時間にも事前の申請なしに取り出せることになります。",
            text_en="even in office hours nobody would have to apply first",
        )
    if set(profile.names("acts.order_emergency") or ()) & set(
        profile.names("acts.extract_emergency") or ()
    ):
        yield Contradiction(
            code="own_order",
            key="acts.order_emergency",
            text_ja="自分で命じて自分で取り出せることになります。",
            text_en="one post could order an extraction and carry it out",
        )


def _direct(profile: Profile) -> Iterator[Contradiction]:
    if profile.flag("direct.allowed") and not profile.members("agreements"):
        yield Contradiction(
            code="no_agreement",
            key="direct.allowed",
            text_ja="直接取得を認めていますが、協定がありません。",
            text_en="direct acquisition is allowed, but there is no agreement",
        )


def _forms(profile: Profile) -> Iterator[Contradiction]:
    for form in catalogue().members["forms"]:
        number = profile.answers.get(f"forms.{form.id}.number")
        title = profile.answers.get(f"forms.{form.id}.title")
        numbered = number is not None and number.status in ("stated", "local")
        if numbered and title is not None and title.status == "assumed":
            yield Contradiction(
                code="form_title",
                key=f"forms.{form.id}.title",
                text_ja=f"{form.ja}に番号はありますが、名称がありません。",
                text_en=f"the form {form.en} has a number but no title",
            )


def _clock(profile: Profile) -> Iterator[Contradiction]:
    keys = ("calendar.early_from", "calendar.opens_at", "calendar.closes_at")
    times = [profile.text(key) for key in keys]
    if None not in times and times != sorted(set(times), key=str):
        yield Contradiction(
            code="clock",
            key="calendar.opens_at",
            text_ja="早朝の始まり、開庁、閉庁の順になっていません。",
            text_en="early morning, opening and closing are not in this order",
        )


def _laws(profile: Profile) -> Iterator[Contradiction]:
    for name in profile.members("laws"):
        start = profile.day(f"laws.{name}.effective_from")
        end = profile.day(f"laws.{name}.effective_until")
        if start is not None and end is not None and end < start:
            yield Contradiction(
                code="law_dates",
                key=f"laws.{name}.effective_until",
                text_ja="適用の終わりが始まりより前です。",
                text_en="it ends before it begins",
            )


_CHECKS: tuple[Callable[[Profile], Iterator[Contradiction]], ...] = (
    _absent_posts,
    _round,
    _blind_posts,
    _own_copies,
    _signers,
    _grounds,
    _places,
    _emergency,
    _direct,
    _forms,
    _clock,
    _laws,
)
