# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases with uses, for tests of registers: without a vault, the package is taken as made. Deciding
that records are disposed of, and the worker's part of it.
"""

import io
import re
from typing import Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from openpyxl import Workbook
from psycopg import sql

from machimori.kernel.instants import micros
from machimori.office.handover import extracting
from machimori.office.handover.models import Copy
from machimori.office.handover.packages import Packed
from machimori.office.handover.testing import act, copies, terminal
from machimori.office.jobs.testing import work_off
from machimori.office.oversight.history import File as RecordFile
from machimori.office.oversight.history import find_about
from machimori.office.oversight.importing import columns
from machimori.office.oversight.models import Record
from machimori.office.people.models import Person
from machimori.office.provision.history import File
from machimori.office.provision.orders import part_of
from machimori.office.provision.testing import PART, Desk

DIGEST: Final = "ab" * 32
RECIPIENT: Final[dict[str, Any]] = {
    "body": "中央警察署 刑事課",
    "name": "=山田 太郎",
    "identity_means": "警察手帳",
    "identity_by": "佐藤 花子",
    "due": "令和8年6月30日",
    "conditions": "終わったら消去する",
}
"""With a name that a spreadsheet would run."""


def provided(desk: Desk, operator: Person, **typed: Any) -> File:
    """A case whose copy was taken out, written, checked and handed over, through the pages. The
    first medium is USB-12, the next USB-13."""
    file = desk.approved(**typed)
    desk.act(file, "instruct", **PART)
    pc = terminal(desk, operator)
    act(pc, "extract", file.case.pk, kind="usb", **PART)
    file = desk.again(file, "extracting")
    begun = file.latest("extraction_begun")
    assert begun is not None
    part = part_of(begun)
    packed = Packed(
        name="none", size=1, digest=DIGEST, start=micros(part.start), end=micros(part.end)
    )
    file = extracting.finish(file, (packed,), acting=desk.cast.acting(operator))
    (copy,) = copies(file)
    number = 11 + Copy.objects.filter(case__scheme=desk.cast.scheme).count()
    medium = {"kind": "usb", "number": f"USB-{number}", "measured": DIGEST}
    act(pc, "medium", copy.copy.pk, **medium)
    manager = desk.browser()
    act(manager, "check", file.case.pk, note="再生できた")
    act(manager, "hand_over", file.case.pk, **RECIPIENT)
    return desk.again(file, "provided")


def completed(desk: Desk, operator: Person) -> File:
    """The same, after the medium came back and the case was completed."""
    file = provided(desk, operator)
    (copy,) = copies(file)
    manager = desk.browser()
    act(manager, "settle", copy.copy.pk, fate="returned", on=f"{desk.cast.now:%Y-%m-%d}")
    manager.post(reverse("handover:complete", args=[file.case.pk]))
    return desk.again(file, "closed")


def bring_in(desk: Desk, *days: str) -> Record:
    """An earlier register with a line on each of these days."""
    book, data = Workbook(), io.BytesIO()
    page = book.active
    assert page is not None
    page.append(list(columns().values()))
    for day in days:
        page.append([day, "14:30", "複製", "令和2年度 第3号", "鈴木 一郎", "捜査", "窃盗"])
    book.save(data)
    file = SimpleUploadedFile("old.xlsx", data.getvalue())
    batches = Record.objects.filter(scheme=desk.cast.scheme, kind="imported")
    known = list(batches.values_list("pk", flat=True))
    desk.browser().post(reverse("oversight:import"), {"file": file})
    return batches.exclude(pk__in=known).get()


def decide_disposal(desk: Desk, year: int, **typed: Any) -> str:
    """廃棄を決める over the list of a 年度, through the page: what it says."""
    address = reverse("oversight:dispose", args=[year])
    page = desk.browser().get(address).content.decode()
    seen = re.search('name="seen" value="([0-9a-f]+)"', page)
    assert seen is not None, page
    said = {"seen": seen[1], "number": "総第77号", "decided_on": f"{desk.cast.now:%Y-%m-%d}"}
    answer = desk.browser().post(address, said | {"sure": "on"} | typed, follow=True)
    return answer.content.decode()


def carry_out(desk: Desk, year: int) -> RecordFile:
    """The worker's part of that decision; the record of it."""
    file = find_about(desk.cast.scheme, "disposal", str(year))
    assert file is not None
    assert [one.state for one in work_off(file.record.pk)] == ["done"]
    again = find_about(desk.cast.scheme, "disposal", str(year))
    assert again is not None
    return again


def tables_with(word: str) -> set[str]:
    """The office's tables in which this word stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'office'"
        )
        found = set()
        for (table,) in cursor.fetchall():
            rows = sql.SQL("SELECT 1 FROM {} r WHERE r::text LIKE %s").format(sql.Identifier(table))
            cursor.execute(rows, [f"%{word}%"])
            found |= {table} if cursor.fetchone() else set()
    return found
