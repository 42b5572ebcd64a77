# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the order at night to the erasure, on a real vault with real footage."""

import datetime as dt
import hashlib
import io
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import parse_rfc3339
from machimori.ledger.testing import LedgerProcess
from machimori.office.handover.working import sweep
from machimori.office.jobs.testing import work_off
from machimori.office.people.acting import now
from machimori.office.police.history import File
from machimori.office.police.taking import package_of
from machimori.office.police.testing import Station
from machimori.office.provision.testing_engine import EngineDesk, engine_desk


@pytest.fixture
def real(database: LedgerProcess, clock: ManualClock) -> Iterator[EngineDesk]:
    with engine_desk(clock, database, profile="asahikawa", cameras=1) as desk:
        yield desk


def piece(browser: Client, address: str, span: str, **headers: str) -> tuple[int, bytes, str]:
    answer = browser.get(address, headers={"Range": span, **headers})
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]  # the client's own
    return answer.status_code, data, answer.headers.get("ETag", "")


def printed(browser: Client, file: File, kind: str) -> str:
    """The paper's text without white space."""
    answer = browser.get(reverse("police:paper", args=[file.extraction.pk, kind]))
    assert answer.headers["Content-Type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def test_A17_an_extraction_from_the_order_at_night_to_the_erasure(
    real: EngineDesk, clock: ManualClock
) -> None:
    station = Station.of(real)
    terminal = station.lend()
    file = station.ordered(**real.asked)
    browser = station.at(terminal, station.operator)
    extract = reverse("police:extract", args=[file.extraction.pk])
    assert "順番を待っています" in browser.post(extract, follow=True).content.decode()
    station.again(file, "taking")
    work_off(file.extraction.pk)
    station.again(file, "ordered")
    page = browser.get(reverse("police:extraction", args=[file.extraction.pk]))
    assert "開けないと答えました" in page.content.decode()

    station.trusted(real)
    browser.post(extract, follow=True)
    work_off(file.extraction.pk)
    file = station.again(file, "extracted")
    sweep(now())
    taken = file.latest("extracted")
    assert taken is not None
    assert file.due == dt.datetime.fromisoformat("2026-05-18T17:00:00+09:00")

    address = reverse("police:download", args=[file.extraction.pk])
    size = taken.data["size"]
    code, first, tag = piece(browser, address, f"bytes=0-{size // 2 - 1}")
    assert code == 206
    code, rest, _ = piece(browser, address, f"bytes={size // 2}-", **{"If-Range": tag})
    assert code == 206
    assert hashlib.sha256(first + rest).hexdigest() == taken.data["digest"]

    assert "ハッシュ値が合いません" in station.post(
        file, "saved", station.operator, digest="00000000"
    )
    station.post(file, "saved", station.operator, digest=taken.data["digest"][:8])
    file = station.again(file, "awaiting_request")
    assert package_of(file) is None

    clock.set(parse_rfc3339("2026-05-18T17:01:00+09:00"))
    for person in (station.chief, real.manager):
        today = real.browser(person).get(reverse("people:today")).content.decode()
        assert "申請書の期限 令和8年5月18日（月） 17:00" in today
    assert "遅れた理由を入れてください" in station.post(
        file, "request", station.chief, document="中央刑第46号"
    )
    station.post(file, "request", station.chief, document="中央刑第46号", late_because="当直のため")
    file = station.again(file, "under_review")
    assert file.late
    request = printed(real.browser(station.chief), file, "emergency_request")
    for text in (
        "中央刑第46号",
        "犯人が逃げているため",
        "当直のため",
        station.operator.name,
        "警1",
    ):
        assert text in request
    address = reverse("police:paper", args=[file.extraction.pk, "emergency_verdict"])
    assert real.browser().get(address).status_code == 404
    judged = real.browser().get(reverse("police:judge", args=[file.extraction.pk]))
    for text in ("コンビニエンスストアの強盗", "犯人が逃げているため", taken.data["digest"]):
        assert text in judged.content.decode()
    for text in ("中央刑第46号", "当直のため", "期限のあと"):
        assert text in judged.content.decode()
    assert "どこが違うか" in station.post(file, "judge", real.manager, verdict="excess_found")
    station.post(file, "judge", real.manager, verdict="excess_found", remarks="10分長い")
    file = station.again(file, "excess_found")
    letter = printed(real.browser(station.chief), file, "emergency_verdict")
    for text in ("中央警察署", station.chief.name, "中央刑第46号", "レ範囲超過", "10分長い"):
        assert text in letter
    assert "範囲を超えた画像はすぐに消去してください" in letter
    outsider = real.browser(real.cast.person("viewer")).get(address)
    assert outsider.status_code in (403, 404)
    station.post(file, "erased", station.operator, on="2026-05-19", means="上書きして消した")
    station.again(file, "erasure_reported")
    station.post(file, "confirm", real.manager, note="端末を見て確かめた")
    page = real.browser().get(reverse("police:extraction", args=[file.extraction.pk]))
    station.again(file, "closed")
    for text in ("当直のため", "10分長い", "上書きして消した", "端末を見て確かめた"):
        assert text in page.content.decode()
