# SPDX-License-Identifier: AGPL-3.0-or-later
"""取り出す: the vault releases by the chief's signature, and a verified package is made.

The package lies in the office's directory (`packages/`, mode 0600) until the station has saved it
and says so; then it is deleted.
"""

import hashlib
import secrets
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.evidence.errors import NotDeliverableError
from machimori.evidence.make import Package, make
from machimori.evidence.ordering import Order
from machimori.evidence.verifier.statement import Approval
from machimori.kernel import canonical
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import RefusedError, UnavailableError
from machimori.kernel.instants import micros
from machimori.office.people.acting import Acting
from machimori.office.police import asking
from machimori.office.police.history import File, add, check_state
from machimori.office.police.ordering import check_own
from machimori.office.provision.readers import reader_of
from machimori.office.shared.config import config
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.terminals.access import operates
from machimori.office.terminals.models import Terminal

_BLOCK = 1 << 20


def extract(file: File, *, terminal: Terminal | None, acting: Acting) -> File:
    """命令の範囲を取り出す, at the terminal that the browser has proved to be at.

    Opening is on record in the ledger before the vault releases; what then fails leaves no
    package. Raises ActionRefusedError: the rules, the vault, or nothing recorded.
    """
    check_state(file, "extracted")
    check_own(file, acting)
    heading = _t("取り出せません")
    signed = file.latest("ordered")
    assert signed is not None
    asking.ask(
        file.rules,
        "extract_emergency",
        heading,
        acting=acting,
        cause=file.order.data["cause"],
        ordered=True,
        at_terminal=terminal is not None
        and terminal.lent_to == file.extraction.station
        and operates(terminal, acting=acting),
        own_act=signed.by_id == acting.person.pk,
    )
    assert terminal is not None
    until = asking.due(file.rules, acting.at)
    name = f"{file.extraction.pk}-{secrets.token_hex(8)}.zip"
    package = _package(file, name, heading)
    data = {
        "digest": _digest(package.path),
        "due": micros(until),
        "package": name,
        "size": package.size,
        "terminal": terminal.number,
    }
    try:
        with transaction.atomic():
            return add(file.extraction, file, "extracted", data, acting=acting)
    except ActionRefusedError:
        package.path.unlink()
        raise


@transaction.atomic
def save(file: File, *, digest: str, acting: Acting) -> File:
    """端末に保存した: the station has the package and it is whole; the office's copy is deleted.

    `digest` is what the terminal computed or whoever saved it read off it: at least the first 8
    digits. Raises ActionRefusedError if it is another file's.
    """
    check_state(file, "saved")
    check_own(file, acting)
    fact = file.latest("extracted")
    assert fact is not None
    given = "".join(digest.split()).lower()
    if len(given) < 8 or not fact.data["digest"].startswith(given):
        raise ActionRefusedError(
            _t("保存したファイルが違います"),
            Reason(text=_t("ハッシュ値が合いません。もう一度保存してください。")),
        )
    made = add(file.extraction, file, "saved", {"terminal": fact.data["terminal"]}, acting=acting)
    transaction.on_commit(lambda: package_of(file).unlink(missing_ok=True))
    return made


def package_of(file: File) -> Path:
    """Where the package lies, or lay."""
    fact = file.latest("extracted")
    assert fact is not None
    return config().directory / "packages" / str(fact.data["package"])


def _package(file: File, name: str, heading: str) -> Package:
    found, disk = engine(), Disk()
    path = config().directory / "packages" / name
    disk.make_directory(path.parent, mode=0o700)
    try:
        return make(
            client=found.vault,
            ledger=found.ledger,
            store=found.case_store(file.extraction.case_id),
            order=_order(file),
            reader=reader_of(file.extraction.case_id),
            out=path,
            clock=found.clock,
        )
    except NotDeliverableError as error:
        raise ActionRefusedError(
            heading,
            Reason(text=_t("この時間の録画がありません。カメラと日時を確かめてください。")),
        ) from error
    except UnavailableError as error:
        raise ActionRefusedError(
            _t("画像の保管庫が閉じています"),
            Reason(text=_t("録画は続いています。閲覧も緊急の取出しもできません。")),
        ) from error
    except RefusedError as error:
        raise ActionRefusedError(
            heading,
            Reason(text=_t("画像の保管庫が、この命令では開けないと答えました。")),
        ) from error


def _order(file: File) -> Order:
    signed = file.latest("ordered")
    assert signed is not None
    envelope = Envelope.decode(canonical.unb64(signed.data["envelope"], where="envelope"))
    return Order(
        authorisation=envelope,
        approvals=tuple(
            Approval(keyid=one.keyid, officer=signed.by.officer, post="画像管理責任者")
            for one in envelope.signatures
        ),
    )


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
