# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori office code`: the first 管理責任者's registration code, on a sheet of paper."""

import importlib
from pathlib import Path
from typing import Final

from django.db import connections

from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import instant, local_day
from machimori.ledger.postgres.home import Home
from machimori.office.paper.press import FONTS, Press
from machimori.office.paper.sheet import Cell, Fields, Sentences, Sheet
from machimori.office.shared.config import OfficeConfig
from machimori.office.site.serve import database
from machimori.office.site.settings import configure

_DO: Final = (
    "1. 庁内のパソコンのブラウザで、下のアドレスを開きます。",
    "2. 「紙で受け取った登録コードを使う」を選び、職員番号と登録コードを入れます。",
    "3. 案内のとおりに、ご自分のキーを登録します。ほかの人の任命は、そのあと画面で行います。",
    "登録コードが使えるのは一度だけ、7日以内です。使い終わったら、この紙は細断してください。",
)


def sheet(directory: Path, login: str, *, out: Path, clock: Clock, disk: Disk) -> bool:
    """Set the sheet; False, and nothing is written, if the person has a key.

    Starts the embedded database unless it runs. Raises OfficeConfigError, LedgerUnavailableError,
    UsageError if nobody has this number, FileExistsError if `out` exists.
    """
    config = OfficeConfig.read(directory)
    home = Home.read(config.ledger)
    press = Press(config.fonts or FONTS)
    with database(home):
        configure(config, conninfo=home.conninfo("office"))
        # Models can be imported only once this process is configured.
        founding = importlib.import_module("machimori.office.people.founding")
        try:
            code: str | None = founding.another_code(login, at=instant(clock.now()))
        finally:
            connections.close_all()
    if code is None:
        return False
    paper = _sheet(config.origin, login, code)
    disk.create(out, press.pdf(paper, on=local_day(clock.now())).pdf, mode=0o600)
    return True


def _sheet(origin: str, login: str, code: str) -> Sheet:
    rows = (
        (Cell(label="アドレス", text=f"{origin}/"),),
        (Cell(label="職員番号", text=login),),
        (Cell(label="登録コード", text=code),),
    )
    return Sheet(
        title="最初の管理責任者の登録コード",
        date="",
        blocks=(Sentences(texts=_DO), Fields(rows=rows)),
    )
