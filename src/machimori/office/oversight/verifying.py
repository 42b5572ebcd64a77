# SPDX-License-Identifier: AGPL-3.0-or-later
"""台帳の検証: the whole ledger walked and recomputed, by a worker, and what came of it on record.

Each check keeps the newest checkpoint. Every later one must extend all that were kept, so that a
ledger set back together with its signer shows as soon as somebody looks.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.instants import micros
from machimori.ledger.errors import NotIncludedError
from machimori.ledger.postgres.home import Home
from machimori.ledger.verify import Report, verify
from machimori.office.jobs import registry
from machimori.office.jobs.actions import defer
from machimori.office.jobs.registry import Work
from machimori.office.oversight import access
from machimori.office.oversight.history import File, add, begin, by, files_of, records
from machimori.office.oversight.models import Fact, Record
from machimori.office.people.acting import Acting, now
from machimori.office.people.models import Scheme
from machimori.office.shared.config import config
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import refusal

TASK: Final = "oversight.verify"


@transaction.atomic
def start(*, acting: Acting) -> File:
    """検証する. Raises ActionRefusedError while one goes on, and for whoever may not."""
    heading = _t("検証を始められません")
    if not acting.holds(*access.CITY):
        raise refusal(heading, _t("検証するのは、監査、管理責任者、取扱責任者です。"))
    last = latest(acting.scheme)
    if last is not None and last.state == "begun":
        raise refusal(heading, _t("いま検証しています。終わるまでお待ちください。"))
    key = str(micros(acting.at))
    file = begin("check_begun", {}, key=key, scheme=acting.scheme, **by(acting))
    defer(TASK, subject=file.record.pk, at=acting.at)
    return file


def latest(scheme: Scheme) -> File | None:
    """The last check."""
    row = records(scheme, "verification").first()
    return files_of([row])[0] if row else None


def check(work: Work) -> None:
    """The worker's part."""
    row = Record.objects.select_related("scheme").get(pk=work.subject)
    [file] = files_of([row])
    if file.state != "begun":
        return
    note = _newest()
    home, total = Home.read(config().ledger), _size()
    with home.snapshot() as snapshot:
        report = verify(
            snapshot, kept=_kept(), progress=lambda count: work.report(count, max(count, total))
        )
    _settle(file, report, note, now())


@transaction.atomic
def _settle(file: File, report: Report, note: bytes, at: dt.datetime) -> None:
    data: dict[str, Json] = {
        "checkpoint": canonical.b64(note),
        "checkpoints": report.checkpoints,
        "problems": list(report.problems),
        "root": report.root.hex(),
        "signed": report.signed,
        "size": report.size,
    }
    add(file, "check_done", data, at=at, by=None)


def _kept() -> Iterable[bytes]:
    """The checkpoints of every check before, of whatever scheme: there is one ledger."""
    facts = Fact.objects.filter(kind="check_done").values_list("data__checkpoint", flat=True)
    return {canonical.unb64(text, where="checkpoint") for text in facts if text}


def _newest() -> bytes:
    try:
        return engine().ledger.checkpoint()
    except NotIncludedError:
        return b""


def _size() -> int:
    previous = Fact.objects.filter(kind="check_done").order_by("-pk").first()
    return int(previous.data["size"]) if previous else 0


def install() -> None:
    """Called once, when the app is ready."""
    registry.register(TASK, check)
