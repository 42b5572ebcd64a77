# SPDX-License-Identifier: AGPL-3.0-or-later
"""The kinds of record that are kept for years and disposed of then, with their tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import CharField, F, Model, OuterRef, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.direct import models as direct
from machimori.office.direct.states import STATES as DIRECT
from machimori.office.disclosure import models as disclosure
from machimori.office.disclosure.states import STATES as DISCLOSURE
from machimori.office.internal import models as internal
from machimori.office.internal.states import STATES as INTERNAL
from machimori.office.oversight import models as oversight
from machimori.office.oversight.states import STATES as OVERSIGHT
from machimori.office.oversight.things import Keys, Left, Loose, Terminals
from machimori.office.oversight.yearly import Yearly
from machimori.office.personnel import models as personnel
from machimori.office.police import models as police
from machimori.office.police.states import STATES as POLICE
from machimori.office.provision import models as provision
from machimori.office.provision.states import ENDED
from machimori.office.provision.states import STATES as PROVISION
from machimori.office.watching import models as watching
from machimori.office.watching.states import STATES as WATCHING

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
    head: Any = None
    """The model of its heads, where the database keeps one for each case. Nothing follows the end
    of a case that has none."""
    ended: Sequence[str]
    """States in which the case is over."""
    states: Mapping[Any, Promise]
    number: Any = _NUMBERED
    """Its number, from a fact or head."""
    route: str = ""
    """Of its page; empty: it is shown as lines of 利用簿 alone."""
    record: str = ""
    """Of oversight's own records, their kind: their table holds others too."""
    completed: Callable[[], Any] = lambda: F("at")
    """When it was completed, from its last fact or head."""
    promised: str = ""
    """The head's field with the day until which records were promised to be kept, if any was."""

    def href(self, case: str) -> str:
        """Where it is shown."""
        if self.route:
            return reverse(self.route, args=[case])
        return f"{reverse('oversight:uses')}?year=all&act=imported"


def _newest_line() -> Any:
    """Of an imported register: when its newest line happened. Taking it in completed nothing."""
    lines = oversight.OldUse.objects.filter(batch=OuterRef("case"))
    return Subquery(lines.order_by("-at").values("at")[:1])


KINDS: Final[dict[str, Kind | Loose]] = {
    "provision": Kind(
        text=_("提供の案件"),
        years="records.years",
        facts=provision.Fact,
        case=provision.Case,
        head=provision.Head,
        ended=("closed", *sorted(ENDED)),
        states=PROVISION,
        route="provision:case",
        number=F("number"),
        promised="kept_until",
    ),
    "police": Kind(
        text=_("緊急の取出し"),
        years="records.years",
        facts=police.Fact,
        case=police.Extraction,
        head=police.Head,
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
        head=direct.Head,
        ended=("closed", "not_acquired", "withdrawn"),
        states=DIRECT,
        route="direct:acquisition",
    ),
    "internal": Kind(
        text=_("内部利用"),
        years="records.years",
        facts=internal.Fact,
        case=internal.Use,
        head=internal.Head,
        ended=("closed", "refused", "withdrawn"),
        states=INTERNAL,
        route="internal:use",
    ),
    "disclosure": Kind(
        text=_("開示請求"),
        years="records.disclosure_years",
        facts=disclosure.Fact,
        case=disclosure.Case,
        head=disclosure.Head,
        ended=("closed", "withdrawn", "transferred"),
        states=DISCLOSURE,
        # Without a look at the case itself.
        number=Subquery(disclosure.Numbered.objects.filter(case=OuterRef("case")).values("text")),
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
    "look": Yearly(
        text=_("録画の有無の確認"),
        years="records.years",
        rows=provision.Look,
        source="look",
    ),
    "key": Keys(text=_("鍵簿の鍵")),
    "terminal": Terminals(text=_("端末簿の端末")),
    "pledge": Left(text=_("誓約書の記録"), rows=personnel.Pledge, register="personnel:pledges"),
    "roster": Left(
        text=_("従事者名簿の記録"),
        rows=personnel.Duty,
        of="appointment__",
        register="personnel:rosters",
    ),
}
"""監視, an earlier 利用簿 and what was asked at the counter are records of 画像の利用, for which
the printed rule names one number of years (`policy/text/office.py`)."""
