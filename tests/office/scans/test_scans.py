# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scans of papers: attached through the pages, sealed on the disk, given out as downloads alone."""

import hashlib
import io
import os
import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pypdf import PdfWriter

from machimori.kernel.clock import ManualClock
from machimori.kernel.errors import MalformedError
from machimori.office.disclosure.testing import Window
from machimori.office.people.models import Person
from machimori.office.provision.history import File
from machimori.office.provision.testing import Desk, recorded
from machimori.office.scans import ending, sealing
from machimori.office.scans.content import MAX_SIZE
from machimori.office.scans.models import Scan
from machimori.office.shared import stored
from machimori.office.shared.config import config


def pdf(*, attachment: bytes = b"") -> bytes:
    """A PDF with an empty page."""
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    if attachment:
        writer.add_attachment("a.exe", attachment)
    writer.write(out)
    return out.getvalue()


def png() -> bytes:
    """A PNG of one grey pixel."""
    parts: tuple[tuple[bytes, bytes], ...]
    parts = ((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),)
    parts += ((b"IDAT", zlib.compress(b"\0\x80")), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9"
TIFF = b"II*\0" + struct.pack("<IH", 8, 1) + b"\0" * 12 + b"\0" * 4
PACKED = b"1 0 obj<</Type/ObjStm/Filter/FlateDecode>>stream\n" + zlib.compress(
    b"<</S/J#61vaScript/JS(x)>>"
)
BAD = {
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a drawing": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a PDF with a script": pdf().replace(
        b"/Catalog", b"/Catalog /OpenAction <</S/JavaScript/JS(x)>>"
    ),
    "a PDF with a file in it": pdf(attachment=b"MZ"),
    "a PDF with a packed script": b"%PDF-1.7\n" + PACKED + b"\nendstream endobj\n%%EOF",
    "a PDF cut off": pdf()[:-40],
    "a PNG with a page behind it": png() + b"<script>",
    "a PNG with a wrong sum": png()[:-1] + b"\0",
    "a JPEG cut off": JPEG[:-2],
    "a TIFF without tags": TIFF[:12],
    "too much": b"%PDF-1.7\n" + b" " * MAX_SIZE + b"%%EOF",
}


def attach(
    desk: Desk, owner: str, about: str, data: bytes, by: Person | None = None, **typed: str
) -> Any:
    """Through the page."""
    file = SimpleUploadedFile("../<b>名前.html", data, content_type="text/html")
    address = reverse("scans:attach", args=[owner, about])
    said = {"paper": "inquiry"} | typed
    return desk.browser(by).post(address, said | {"file": file})


def attached(desk: Desk, file: File, data: bytes) -> Scan:
    """A scan of this case."""
    assert attach(desk, "provision", file.case.pk, data).status_code == 302
    return Scan.objects.get(about=file.case.pk)


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (pdf(), "application/pdf"),
        (png(), "image/png"),
        (JPEG, "image/jpeg"),
        (TIFF, "image/tiff"),
    ],
)
def test_I12_a_scan_comes_back_as_a_download_of_its_own_type(
    office: ManualClock, data: bytes, media: str
) -> None:
    """照会書 attached to its case: typed by content whatever the browser said; given out as
    `attachment` with nosniff and a sandbox, under a name that nobody typed; no byte of it lies on
    the disk in clear."""
    desk = Desk.of(office)
    file = desk.take_in()
    scan = attached(desk, file, data)
    answer = desk.browser().get(reverse("scans:download", args=[scan.pk]))
    assert answer.content == data
    assert answer["Content-Type"] == media
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "html" not in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert reverse("scans:download", args=[scan.pk]) in desk.page(file)
    for name in ("scans", "scan-keys"):
        for path in (config().directory / name).iterdir():
            assert data[:12] not in path.read_bytes()
            assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_scan_is_refused_and_leaves_nothing(office: ManualClock, what: str) -> None:
    desk = Desk.of(office)
    file = desk.take_in()
    answer = attach(desk, "provision", file.case.pk, BAD[what])
    assert answer.status_code == 403
    assert "このファイルは付けられません" in answer.content.decode()
    assert not Scan.objects.filter(about=file.case.pk).exists()


def test_the_ledger_holds_a_commitment_to_the_digest_and_no_more(office: ManualClock) -> None:
    desk = Desk.of(office)
    file = desk.take_in()
    scan = attached(desk, file, pdf())
    assert attach(desk, "provision", file.case.pk, pdf()).status_code == 403
    (entry,) = (one for one in recorded() if one.type == "scan.step")
    assert entry.subject["case"] == file.case.pk
    assert entry.subject["scan"] == scan.pk
    assert entry.data == {"kind": "attached", "serial": 1, "state": "kept"}
    assert list(entry.commitments) == ["fact"]
    digest = hashlib.sha256(pdf()).hexdigest()
    assert scan.facts.get().data["sha256"] == digest
    assert digest.encode() not in entry.encode()


def test_an_altered_or_exchanged_file_does_not_open(office: ManualClock) -> None:
    desk = Desk.of(office)
    scan = attached(desk, desk.take_in(), pdf())
    with pytest.raises(MalformedError):
        sealing.open_sealed(scan.pk, "image/png")
    path = config().directory / "scans" / f"{scan.pk}.sealed"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
    with pytest.raises(MalformedError):
        sealing.open_sealed(scan.pk, scan.media)


def test_a_mistake_is_taken_back_with_its_key(office: ManualClock) -> None:
    desk = Desk.of(office)
    file = desk.take_in()
    scan = attached(desk, file, pdf())
    address = reverse("scans:take_back", args=[scan.pk])
    assert desk.browser().post(address, {"why": "なぜか"}).status_code == 200
    assert desk.browser().post(address, {"why": "other_case"}).status_code == 302
    assert not (config().directory / "scan-keys" / f"{scan.pk}.key").exists()
    assert not (config().directory / "scans" / f"{scan.pk}.sealed").exists()
    assert desk.browser().get(reverse("scans:download", args=[scan.pk])).status_code == 404
    page = desk.page(file)
    assert "消去済" in page
    assert reverse("scans:download", args=[scan.pk]) not in page


def test_who_does_not_see_the_case_sees_no_scan_of_it(office: ManualClock) -> None:
    """Another scheme's people, guards, hosts, the system administrator; an auditor only reads."""
    desk = Desk.of(office)
    file = desk.take_in()
    scan = attached(desk, file, pdf())
    address = reverse("scans:download", args=[scan.pk])
    auditor = desk.cast.person("auditor")
    assert desk.browser(auditor).get(address).status_code == 200
    assert "書類の画像を付ける" not in desk.page(file, auditor)
    assert attach(desk, "provision", file.case.pk, png(), auditor).status_code == 403
    for post in ("guard", "host", "system_administrator"):
        assert desk.browser(desk.cast.person(post)).get(address).status_code == 403
    other = Desk.of(office, names=["cam-7"])
    assert other.browser().get(address).status_code == 404
    assert attach(other, "provision", file.case.pk, png()).status_code == 404
    assert attach(other, "nobody", file.case.pk, png()).status_code == 404


def test_P9_scans_end_with_the_records_of_their_case(office: ManualClock) -> None:
    """Disposed of with the case's records, once more without effect; the sweep takes none that is
    kept, however old."""
    desk = Desk.of(office)
    file = desk.take_in()
    scan = attached(desk, file, pdf())
    path = config().directory / "scans" / f"{scan.pk}.sealed"
    os.utime(path, (0, 0))
    ending.sweep()
    assert path.exists()
    stored.erase(file.case.pk)
    stored.erase(file.case.pk)
    assert not path.exists()
    assert not (config().directory / "scan-keys" / f"{scan.pk}.key").exists()
    assert [one.kind for one in scan.facts.order_by("serial")] == ["attached", "disposed"]


def test_a_key_whose_transaction_failed_is_erased_after_a_day(office: ManualClock) -> None:
    sealing.seal("s-orphan", "image/png", png())
    path = config().directory / "scans" / "s-orphan.sealed"
    ending.sweep()
    assert path.exists()
    os.utime(path, (0, 0))
    ending.sweep()
    assert not path.exists()
    assert not (config().directory / "scan-keys" / "s-orphan.key").exists()


def test_a_request_for_disclosure_has_scans_of_its_own(office: ManualClock) -> None:
    window = Window(desk=Desk.of(office), clock=office)
    file = window.take_in()
    assert attach(window.desk, "disclosure", file.case.pk, TIFF, paper="consent").status_code == 302
    scan = Scan.objects.get(about=file.case.pk)
    address = reverse("scans:download", args=[scan.pk])
    assert address in window.page(file)
    assert window.desk.browser().get(address).content == TIFF
    operator = window.desk.cast.person("operator")
    assert window.desk.browser(operator).get(address).status_code == 404
