# SPDX-License-Identifier: AGPL-3.0-or-later
"""文書の保存年限: which records are kept for how long, and which of them are due.

Counted in whole 年度 from April 1st after the case was completed (`policy/deadlines.py`). The years
are those of the rules on the day of completion or of today, whichever are more: a city that
shortens them shortens nothing that it had said before. Where today's rules say nothing, nothing is
ever due.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import CharField, Exists, F, Model, OuterRef, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import local_day, micros
from machimori.office.direct import models as direct
from machimori.office.direct.states import STATES as DIRECT
from machimori.office.disclosure import models as disclosure
from machimori.office.disclosure.states import STATES as DISCLOSURE
from machimori.office.handover.models import Head as Copy
from machimori.office.handover.states import OPEN
from machimori.office.internal import models as internal
from machimori.office.internal.states import STATES as INTERNAL
from machimori.office.oversight import models as oversight
from machimori.office.oversight.asked import midnight
from machimori.office.oversight.states import STATES as OVERSIGHT
from machimori.office.people.models import Scheme
from machimori.office.police import models as police
from machimori.office.police.states import STATES as POLICE
from machimori.office.provision import models as provision
from machimori.office.provision.states import ENDED
from machimori.office.provision.states import STATES as PROVISION
from machimori.office.rules.access import Rulebook
from machimori.office.viewing.models import Print
from machimori.office.watching import models as watching
from machimori.office.watching.states import STATES as WATCHING
from machimori.policy.deadlines import RecordsRetention
from machimori.policy.wareki import fiscal_year, fiscal_year_start

_NUMBERED: Final = F("case__numbered__text")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of record that is kept, each with its case."""

    text: Promise
    years: str
    """The question of the rules that says for how long."""
    facts: Any
    """The model of its facts (`FactRow` with `case`)."""
    case: type[Model]
    ended: Sequence[str]
    """States in which the case is over."""
    states: Mapping[Any, Promise]
    number: Any = _NUMBERED
    """Its number, from a fact."""
    route: str = ""
    """Of its page; empty: it is shown as lines of 利用簿 alone."""
    record: str = ""
    """Of oversight's own records, their kind: their table holds others too."""
    completed: Callable[[], Any] = lambda: F("at")
    """When it was completed, from its last fact."""

    def href(self, case: str) -> str:
        """Where it is shown."""
        if self.route:
            return reverse(self.route, args=[case])
        return f"{reverse('oversight:uses')}?year=all&act=imported"


def _newest_line() -> Any:
    """Of an imported register: when its newest line happened. Taking it in completed nothing."""
    lines = oversight.OldUse.objects.filter(batch=OuterRef("case"))
    return Subquery(lines.order_by("-at").values("at")[:1])


KINDS: Final[dict[str, Kind]] = {
    "provision": Kind(
        text=_("提供の案件"),
        years="records.years",
        facts=provision.Fact,
        case=provision.Case,
        ended=("closed", *sorted(ENDED)),
        states=PROVISION,
        route="provision:case",
    ),
    "police": Kind(
        text=_("緊急の取出し"),
        years="records.years",
        facts=police.Fact,
        case=police.Extraction,
        ended=("closed", "withdrawn"),
        states=POLICE,
        number=F("case__station"),
        route="police:extraction",
    ),
    "direct": Kind(
        text=_("直接取得"),
        years="records.years",
        facts=direct.Fact,
        case=direct.Case,
        ended=("closed", "not_acquired", "withdrawn"),
        states=DIRECT,
        route="direct:acquisition",
    ),
    "internal": Kind(
        text=_("内部利用"),
        years="records.years",
        facts=internal.Fact,
        case=internal.Use,
        ended=("closed", "refused", "withdrawn"),
        states=INTERNAL,
        route="internal:use",
    ),
    "disclosure": Kind(
        text=_("開示請求"),
        years="records.disclosure_years",
        facts=disclosure.Fact,
        case=disclosure.Case,
        ended=("closed", "withdrawn", "transferred"),
        states=DISCLOSURE,
        route="disclosure:case",
    ),
    "complaint": Kind(
        text=_("苦情"),
        years="records.complaint_years",
        facts=oversight.Fact,
        case=oversight.Record,
        ended=("closed",),
        states=OVERSIGHT,
        number=Value(""),
        route="oversight:complaint",
        record="complaint",
    ),
    "shift": Kind(
        text=_("監視勤務"),
        years="records.years",
        facts=watching.Fact,
        case=watching.Shift,
        ended=("over",),
        states=WATCHING,
        number=Concat(
            "case__terminal__number",
            Value(" 第"),
            Cast("case__number", CharField()),
            Value("回"),
        ),
        route="watching:shift",
    ),
    "import": Kind(
        text=_("取り込んだ利用簿"),
        years="records.years",
        facts=oversight.Fact,
        case=oversight.Record,
        ended=("imported",),
        states=OVERSIGHT,
        number=Concat(Cast(KeyTextTransform("lines", "data"), CharField()), Value("行")),
        record="imported",
        completed=_newest_line,
    ),
}
"""監視 and an earlier 利用簿 are records of 画像の利用, for which the printed rule names one
number of years (`policy/text/office.py`)."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A case that is over, and until when its records are kept."""

    kind: str
    """Key of KINDS."""
    case: str
    number: str
    state: str
    completed: dt.date
    last_day: dt.date
    open: str = ""
    """What still goes on about it; it is not disposed of before that ends."""

    @property
    def name(self) -> str:
        """How decisions and stays name it."""
        return f"{self.kind}:{self.case}"

    @property
    def text(self) -> str:
        """Kind and number, as pages show them."""
        return f"{KINDS[self.kind].text}　{self.number}".strip()

    @property
    def ending(self) -> str:
        """How the case ended, in words."""
        return str(KINDS[self.kind].states[self.state])

    def over(self, today: dt.date) -> bool:
        """Whether nothing but a stay keeps it any longer."""
        return self.last_day < today and not self.open


def undecided(rules: Rulebook, today: dt.date) -> list[str]:
    """The kinds of record for which the city has set no years, in words."""
    found = rules.on(today)
    return [str(kind.text) for kind in KINDS.values() if found.number(kind.years) is None]


def due(scheme: Scheme, rules: Rulebook, today: dt.date, year: int) -> list[Kept]:
    """What is kept no longer than to the end of this 年度, the oldest first; a query for each kind
    and two more."""
    found, end = [], dt.date(year + 1, 3, 31)
    for name, kind in KINDS.items():
        years = rules.on(today).number(kind.years)
        if years is None:
            continue
        before = midnight(fiscal_year_start(year + 1 - years))
        rows = _ended(kind, scheme).filter(completed__lt=before)
        found += [one for one in _read(name, rows, rules, today) if one.last_day <= end]
    return sorted(_with_open(scheme, found), key=lambda one: (one.last_day, one.kind, one.number))


def find(scheme: Scheme, rules: Rulebook, today: dt.date, name: str, case: str) -> Kept | None:
    """This case, if it is over and its years are known."""
    kind = KINDS.get(name)
    if kind is None:
        return None
    rows = list(_read(name, _ended(kind, scheme).filter(case=case), rules, today))
    return _with_open(scheme, rows)[0] if rows else None


def exists(scheme: Scheme, name: str, case: str) -> bool:
    """Whether the scheme has this case, over or not."""
    kind = KINDS.get(name)
    return kind is not None and kind.facts.objects.filter(**_of(kind, scheme), case=case).exists()


def _of(kind: Kind, scheme: Scheme) -> dict[str, Any]:
    found: dict[str, Any] = {"case__scheme": scheme}
    return found | ({"case__kind": kind.record} if kind.record else {})


def _ended(kind: Kind, scheme: Scheme) -> Any:
    later = kind.facts.objects.filter(case=OuterRef("case"), serial__gt=OuterRef("serial"))
    return kind.facts.objects.filter(
        ~Exists(later), **_of(kind, scheme), state__in=list(kind.ended)
    ).annotate(number=kind.number, completed=kind.completed())


def _read(name: str, rows: Any, rules: Rulebook, today: dt.date) -> Iterator[Kept]:
    key = KINDS[name].years
    now = rules.on(today).number(key)
    values = rows.values_list("case_id", "number", "state", "completed", "data__records_until")
    for case, number, state, at, promised in values if now is not None else ():
        completed = local_day(micros(at))
        years = max(now or 0, rules.on(completed).number(key) or 0)
        last = RecordsRetention(years=years).last_day(completed)
        assert last is not None
        if promised is not None:
            last = max(last, dt.date.fromisoformat(promised))
        yield Kept(
            kind=name,
            case=case,
            number=number or "",
            state=state,
            completed=completed,
            last_day=last,
        )


def _with_open(scheme: Scheme, rows: list[Kept]) -> list[Kept]:
    if not rows:
        return []
    copies = set(Copy.objects.filter(scheme=scheme, state__in=OPEN).values_list("case", flat=True))
    prints = Print.objects.filter(scheme=scheme, end__isnull=True)
    printed = {
        one for pair in prints.values_list("viewing__case", "viewing__use") for one in pair if one
    }
    said = {one: _t("複製の終わりが記録されていません") for one in copies}
    said |= {one: _t("印画の終わりが記録されていません") for one in printed}
    return [_dated(one, said.get(one.case, "")) for one in rows]


def _dated(one: Kept, still: str) -> Kept:
    return Kept(**{**vars(one), "open": still}) if still else one


def ended_year(today: dt.date) -> int:
    """The last 年度 that is over."""
    return fiscal_year(today) - 1
