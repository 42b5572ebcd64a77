# SPDX-License-Identifier: AGPL-3.0-or-later
"""A statement as its signer reads it: a heading, what it does, and its rows."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _t

from machimori.kernel.instants import Micros, instant
from machimori.office.cameras.access import cameras
from machimori.office.custody.models import Letter
from machimori.office.custody.words import KINDS
from machimori.office.people.models import Person, Scheme
from machimori.office.shared.posts import LABELS
from machimori.office.shared.templatetags.office import day, minute
from machimori.vault.client.statements import (
    Agreement,
    Appointment,
    AuthorisationEnd,
    CameraClass,
    Delegation,
    Hold,
    HoldEnd,
    LiveView,
    RecorderEnrolment,
    Revocation,
    Rules,
    Statement,
)

_FAR = Micros(7_000_000_000_000_000)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a page shows of a statement."""

    heading: str
    button: str
    effect: str
    rows: tuple[tuple[str, str], ...]


def told(letter: Letter) -> Told:
    """The letter's statement in plain words."""
    statement = letter.statement
    if isinstance(statement, Hold):
        return Told(
            heading=_t("次の画像の消去を止めます"),
            button=_t("キーで署名して消去を止める"),
            effect=_t("保全中も、承認がなければ誰も見られません。期限が来れば自動で解けます。"),
            rows=(
                (_t("カメラ"), "、".join(_cameras(letter.scheme, statement.cameras))),
                (_t("範囲"), _interval(statement.start, statement.end)),
                (_t("保全の期限"), _t("%(day)s 24時") % {"day": _day(statement.last_day)}),
            ),
        )
    if isinstance(statement, HoldEnd):
        return Told(
            heading=_t("保全を解きます"),
            button=_t("キーで署名して保全を解く"),
            effect=_t("保存期間を過ぎている画像は、解くとすぐに消え、もう誰も見られません。"),
            rows=((_t("理由"), statement.ground),),
        )
    if isinstance(statement, AuthorisationEnd):
        return Told(
            heading=_t("承認が終わったことを保管庫に届けます"),
            button=_t("キーで署名して承認を終わらせる"),
            effect=_t("届けると、この承認では、誰が求めても画像は開きません。"),
            rows=(),
        )
    return Told(
        heading=_t("%(what)sを保管庫に届けます") % {"what": KINDS[letter.kind]},
        button=_t("キーで署名して届ける"),
        effect=_t("保管庫は、あなたのキーの署名を自分で確かめます。届くと、すぐに効きます。"),
        rows=_rows(letter.scheme, statement),
    )


def _rows(scheme: Scheme, statement: Statement) -> tuple[tuple[str, str], ...]:
    if isinstance(statement, Appointment):
        return (
            (_t("氏名"), _person(statement.officer)),
            (_t("職"), "、".join(map(_post, statement.posts))),
            (_t("キー"), _t("%(n)s本") % {"n": len(statement.keys)}),
            (_t("期間"), _period(statement.valid_from, statement.valid_until)),
        )
    if isinstance(statement, Revocation):
        return ((_t("氏名"), _person(statement.officer)), (_t("理由"), statement.ground))
    if isinstance(statement, Delegation):
        return (
            (_t("委任した人"), _person(statement.officer)),
            (_t("代決者"), _person(statement.deputy)),
            (_t("期間"), _period(statement.valid_from, statement.valid_until)),
        )
    if isinstance(statement, CameraClass):
        return (
            (_t("カメラ"), "、".join(_cameras(scheme, (statement.camera,)))),
            (_t("保存区分"), statement.retention_class),
        )
    if isinstance(statement, Agreement | LiveView):
        return (
            (_t("カメラ"), "、".join(_cameras(scheme, statement.cameras))),
            (_t("期間"), _period(statement.valid_from, statement.valid_until)),
        )
    if isinstance(statement, RecorderEnrolment):
        return (
            (_t("録画装置"), statement.recorder),
            (_t("署名の鍵（録画装置の表示と比べてください）"), statement.public.hex(" ", 4)),
        )
    if isinstance(statement, Rules):
        return _rules(statement)
    return ()


def _rules(rules: Rules) -> tuple[tuple[str, str], ...]:
    found = [
        (
            _t("承認に署名する人（根拠：%(ground)s）") % {"ground": ground},
            _t("%(posts)sのうち%(n)s人")
            % {"posts": "・".join(map(_post, signers.posts)), "n": signers.number},
        )
        for ground, signers in sorted(rules.release_posts.items())
    ]
    found += [
        (_t("一人で命じられる根拠：%(ground)s") % {"ground": ground}, "・".join(map(_post, posts)))
        for ground, posts in sorted(rules.sole_signers.items())
    ]
    for ground, held in sorted(rules.hold_posts.items()):
        text = _t("%(posts)sのうち%(n)s人") % {
            "posts": "・".join(map(_post, held.posts)),
            "n": held.number,
        }
        if held.days is not None:
            text += _t("、本来の消去のあと%(n)s日まで") % {"n": held.days}
        found.append((_t("保全（根拠：%(ground)s）") % {"ground": ground}, text))
    days = {rule.days for rule in rules.retention.values()}
    return (
        *found,
        (_t("保存する日数"), "、".join(_t("%(n)s日") % {"n": one} for one in sorted(days))),
        (_t("一つの承認で開ける回数"), _t("%(n)s回まで") % {"n": rules.max_openings}),
    )


def _post(name: str) -> str:
    found = {str(key): str(label) for key, label in LABELS.items()}
    return found.get(name.replace("-", "_"), name)


def _person(officer: str) -> str:
    found = Person.objects.filter(officer=officer).first()
    return found.name if found else officer


def _cameras(scheme: Scheme, names: tuple[str, ...]) -> list[str]:
    known = {
        one.camera_id: f"{one.name}（{one.camera_id}）"
        for one in cameras(scheme).filter(camera__in=names)
    }
    return [known.get(name, name) for name in names]


def _interval(start: Micros, end: Micros) -> str:
    return f"{minute(instant(start))} ～ {minute(instant(end))}"


def _period(start: Micros, end: Micros) -> str:
    last = _t("定めなし") if end > _FAR else minute(instant(end))
    return f"{minute(instant(start))} ～ {last}"


def _day(text: str) -> str:
    return day(dt.date.fromisoformat(text))
