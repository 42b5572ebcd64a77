# SPDX-License-Identifier: AGPL-3.0-or-later
"""公表用の集計 (P10): counted from the ledger's entries alone, from the first to a checkpoint.

What the office's tables say plays no part: nobody can leave out an opening, because the vault wrote
it, and whoever holds the ledger up to the same checkpoint counts the same. Only months that are
over are counted, so that running cases stay hidden.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.instants import local_day, micros
from machimori.ledger.checkpoint import open_checkpoint
from machimori.ledger.entry import Entry
from machimori.ledger.errors import MalformedLedgerError
from machimori.office.jobs import registry
from machimori.office.jobs.actions import defer
from machimori.office.jobs.registry import Report, Work
from machimori.office.oversight import access
from machimori.office.oversight.asked import midnight
from machimori.office.oversight.history import File, add, begin, by, files_of, records
from machimori.office.oversight.models import Record
from machimori.office.people.acting import Acting, now
from machimori.office.people.models import Scheme
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import refusal
from machimori.policy.profile import Profile
from machimori.policy.wareki import fiscal_year

TASK: Final = "oversight.report"
COUNTED: Final[dict[str, Promise]] = {
    "taken_in": _("提供の申請を受けた"),
    "authorised": _("提供を承認した"),
    "declined": _("不承認にした"),
    "found_nothing": _("該当する画像がなかった"),
    "handed_over": _("画像を渡した"),
    "releases": _("保管庫が画像を開けた"),
    "viewings": _("画面で閲覧した"),
    "emergency": _("警察が緊急に取り出した"),
    "direct": _("警察が協定のカメラから直接取得した"),
    "internal": _("内部利用を許可した"),
    "watching": _("監視勤務を始めた"),
    "disclosure": _("開示請求を受けた"),
    "findings": _("突合で見つかった"),
    "complaints": _("苦情を受けた"),
}
_STEPS: Final = ("taken_in", "authorised", "declined", "found_nothing", "handed_over")
_TYPES: Final = tuple(
    f'"type":"{one}"'.encode()
    for one in (
        "authorisation.signed",
        "release.made",
        "viewing.opened",
        "provision.step",
        "police.step",
        "direct.step",
        "internal.step",
        "watch.step",
        "disclosure.step",
        "oversight.step",
    )
)


class _Tally:
    """Counts by 年度 while the ledger is walked."""

    def __init__(self, scheme: Scheme, until: int) -> None:
        self.years: dict[str, Counter[str]] = {}
        self.grounds: dict[str, Counter[str]] = {}
        self._scheme = scheme.pk
        self._until = until
        self._signed: dict[str, tuple[str, str]] = {}
        """Scheme and ground by authorisation."""

    def take(self, entry: Entry) -> None:
        """Count this entry, if it is the scheme's and its month is over."""
        subject, data = entry.subject, entry.data
        digest = str(data.get("authorisation", ""))
        if entry.type == "authorisation.signed":
            self._signed[digest] = (subject.get("scheme", ""), str(data.get("ground", "")))
            return
        scheme, ground = subject.get("scheme", ""), ""
        if entry.type == "release.made":
            scheme, ground = self._signed.get(digest, ("", ""))
        what = _counted(entry)
        # An opening whose scheme nobody knows is counted by every scheme: none may lose it.
        if not what or scheme not in (self._scheme, "") or entry.at >= self._until:
            return
        year = str(fiscal_year(local_day(entry.at)))
        self.years.setdefault(year, Counter())[what] += 1
        if what == "releases":
            self.grounds.setdefault(year, Counter())[ground] += 1


def _counted(entry: Entry) -> str:
    """Key of COUNTED, or empty."""
    kind = str(entry.data.get("kind", ""))
    if entry.type == "provision.step":
        return kind if kind in _STEPS else ""
    return {
        ("release.made", ""): "releases",
        ("viewing.opened", ""): "viewings",
        ("police.step", "extracted"): "emergency",
        ("direct.step", "acquired"): "direct",
        ("internal.step", "permitted"): "internal",
        ("watch.step", "begun"): "watching",
        ("disclosure.step", "taken_in"): "disclosure",
        ("oversight.step", "found"): "findings",
        ("oversight.step", "complaint_received"): "complaints",
    }.get((entry.type, kind), "")


@transaction.atomic
def start(*, acting: Acting) -> File:
    """数える. Raises ActionRefusedError for whoever may not."""
    if not acting.holds(*access.CITY):
        raise refusal(_t("集計できません"), _t("集計するのは、管理責任者、取扱責任者、監査です。"))
    file = begin("report_begun", {}, key=str(micros(acting.at)), scheme=acting.scheme, **by(acting))
    defer(TASK, subject=file.record.pk, at=acting.at)
    return file


@transaction.atomic
def publish(file: File, *, acting: Acting) -> File:
    """公表する: from now on the public page shows this one. Raises ActionRefusedError."""
    heading = _t("公表できません")
    if not acting.holds("system_manager"):
        raise refusal(heading, _t("公表するのは、管理責任者です。"))
    if rules_of(acting).on(today(acting)).flag("audit.report_published") is not True:
        raise refusal(heading, _t("きまりは、件数を公表しないとしています。"))
    return add(file, "report_published", {}, **by(acting))


def published(scheme: Scheme) -> File | None:
    """The report that is public: the last that was published."""
    rows = records(scheme, "report").filter(facts__kind="report_published")
    row = rows.first()
    return files_of([row])[0] if row else None


def compute(work: Work) -> None:
    """The worker's part."""
    row = Record.objects.select_related("scheme").get(pk=work.subject)
    [file] = files_of([row])
    if file.state != "report_begun":
        return
    at = now()
    data = tally(row.scheme, at, work.report)
    with transaction.atomic():
        add(file, "report_computed", data, at=at, by=None)


def tally(scheme: Scheme, at: dt.datetime, report: Report) -> Mapping[str, Json]:
    """Walk through the whole ledger up to its newest checkpoint."""
    ledger = engine().ledger
    note = ledger.checkpoint()
    head = open_checkpoint(note, ledger.key)
    until = local_day(micros(at)).replace(day=1)
    counts = _Tally(scheme, micros(midnight(until)))
    for number, body in enumerate(ledger.entries(0, head.size), start=1):
        if number % 5000 == 0:
            report(number, head.size)
        if not any(one in body for one in _TYPES):
            continue
        try:
            counts.take(Entry.decode(body))
        except MalformedLedgerError:
            continue
    return {
        "checkpoint": canonical.b64(note),
        "grounds": {year: dict(found) for year, found in counts.grounds.items()},
        "root": head.root.hex(),
        "size": head.size,
        "until": until.isoformat(),
        "years": {year: dict(found) for year, found in counts.years.items()},
    }


def careful(counts: Mapping[str, int], least: int) -> dict[str, str]:
    """Counts as they may be published: what is rare is not told exactly, nor what would give it
    away by subtraction from the total."""
    rare = {name for name, number in counts.items() if 0 < number < least}
    hidden = set(rare)
    if len(rare) == 1:
        others = [name for name, number in counts.items() if number >= least]
        hidden |= set(sorted(others, key=lambda name: (counts[name], name))[:1])
    return {
        name: (
            _t("%(least)s未満") % {"least": least}
            if name in rare
            else _t("公表しません")
            if name in hidden
            else str(number)
        )
        for name, number in counts.items()
    }


def least_of(rules: Profile) -> int:
    """The smallest number that is told exactly."""
    return rules.number("audit.report_least") or 1


def covered(file: File) -> tuple[dt.datetime, Mapping[str, Any]]:
    """When the report was computed, and what it says."""
    fact = file.latest("report_computed")
    assert fact is not None
    return fact.at, fact.data


def install() -> None:
    """Called once, when the app is ready."""
    registry.register(TASK, compute)
