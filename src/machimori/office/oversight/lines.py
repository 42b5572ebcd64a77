# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines of 利用簿 and 提供記録 as cells, and what a page of them needs beside the uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _t

from machimori.office.cameras.access import plain_names
from machimori.office.oversight.correcting import corrections, shown
from machimori.office.oversight.history import File
from machimori.office.oversight.posts import Held, posts_then
from machimori.office.oversight.uses import ACTS, Use
from machimori.office.people.models import Scheme
from machimori.office.shared.addresses import address_of
from machimori.office.shared.tables import Cell
from machimori.office.shared.templatetags.office import minute, post, second


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Uses with corrections, posts and cameras' names; three queries at most."""

    uses: Sequence[Use]
    corrected: Mapping[str, File]
    posts: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]

    @classmethod
    def of(
        cls, scheme: Scheme, uses: Sequence[Use], known: Sequence[Held] | None = None
    ) -> "Lines":
        corrected = corrections(scheme, uses)
        wanted = {name for use in uses for name in use.cameras}
        return cls(
            uses=[shown(use, corrected.get(use.name)) for use in uses],
            corrected=corrected,
            posts=posts_then(scheme, uses, known),
            names=plain_names(scheme, wanted) if wanted else {},
        )

    def posts_of(self, use: Use) -> str:
        """What the person was at the time."""
        return "・".join(map(post, self.posts.get(use.name, ())))

    def cameras_of(self, use: Use) -> str:
        """By name and id."""
        return "、".join(
            f"{self.names[name]}（{name}）" if name in self.names else name for name in use.cameras
        )

    def correction_of(self, use: Use) -> str:
        """What was corrected, why, when and by whom."""
        file = self.corrected.get(use.name)
        return "／".join(
            f"{fact.data['old']}→{fact.data['new']}　{fact.data['reason']}　"
            f"{minute(fact.at)}　{fact.by.name if fact.by else ''}"
            for fact in (file.facts if file else ())
        )


def use_columns() -> tuple[str, ...]:
    """The columns of 利用簿."""
    return (
        _t("日時"),
        _t("利用"),
        _t("案件"),
        _t("した人"),
        _t("職"),
        _t("根拠"),
        _t("目的"),
        _t("理由"),
        _t("カメラ"),
        _t("範囲"),
        _t("提供先"),
        _t("媒体"),
        _t("備考"),
        _t("訂正"),
    )


def use_cells(use: Use, lines: Lines) -> tuple[str | Cell, ...]:
    """A line of 利用簿."""
    return (
        Cell(text=second(use.at), href=address_of("oversight:use", use.name)),
        f"{ACTS[use.act]}（{use.said}）",
        Cell(text=use.numbered, href=use.href),
        use.by,
        lines.posts_of(use),
        use.ground,
        use.purpose,
        use.reason,
        lines.cameras_of(use),
        interval(use),
        use.recipient,
        use.medium,
        use.more,
        lines.correction_of(use),
    )


def provision_columns() -> tuple[str, ...]:
    """The columns of 提供記録 (印西 3(6))."""
    return (
        _t("提供した日時"),
        _t("案件"),
        _t("提供先"),
        _t("相手の確認"),
        _t("提供した内容"),
        _t("根拠"),
        _t("目的"),
        _t("理由"),
        _t("媒体"),
        _t("ハッシュ値"),
        _t("期限と条件"),
        _t("した人"),
        _t("訂正"),
    )


def provision_cells(use: Use, lines: Lines) -> tuple[str | Cell, ...]:
    """A line of 提供記録."""
    return (
        Cell(text=minute(use.at), href=address_of("oversight:use", use.name)),
        Cell(text=use.numbered, href=use.href),
        use.recipient,
        use.identity,
        "　".join(filter(None, (lines.cameras_of(use), interval(use)))),
        use.ground,
        use.purpose,
        use.reason,
        use.medium,
        use.digest,
        use.more,
        use.by,
        lines.correction_of(use),
    )


def interval(use: Use) -> str:
    """From when to when the footage is."""
    if use.start is None or use.end is None:
        return ""
    return f"{second(use.start)} ～ {second(use.end)}"
