# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the request to the closed acquisition, on a real vault with real footage."""

import hashlib
import io
import re
import socket
import threading
import zipfile
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, IncompleteRead
from wsgiref.simple_server import WSGIRequestHandler, make_server

import av
import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import reverse
from pypdf import PdfReader

from machimori.kernel.clock import ManualClock
from machimori.ledger.testing import LedgerProcess
from machimori.office.direct.history import File
from machimori.office.direct.taking import package_of
from machimori.office.direct.testing import Fetching, trust
from machimori.office.provision.testing import Desk
from machimori.office.provision.testing_engine import EngineDesk, engine_desk


@pytest.fixture
def real(database: LedgerProcess, clock: ManualClock) -> Iterator[EngineDesk]:
    with engine_desk(clock, database, profile="saga", cameras=2, minutes=2) as desk:
        yield desk


def test_S6_S9_an_acquisition_from_the_request_to_its_end(
    real: EngineDesk, clock: ManualClock
) -> None:
    """The vault opens by the operator's own signature, the agreement's cameras alone; purpose and
    case number are on the page; from the request to the first picture takes what it took; the city
    compares it with the station's record, which differs, is put right, and closed; request and
    reminder of a record that does not come are printed."""
    agreed, other = real.cameras
    fetching = Fetching.of(real, agreed, other)
    wanted = real.asked | {"cameras": [agreed]}
    file = fetching.signed(**wanted)
    fetching.worked(file, "not_acquired")
    page = real.browser().get(reverse("direct:acquisition", args=[file.case.pk]))
    assert "画像の保管庫が断りました" in page.content.decode()

    trust(real, fetching, agreed)
    outside = fetching.signed(**(real.asked | {"cameras": [agreed, other]}))
    fetching.worked(outside, "not_acquired")

    file = fetching.signed(**wanted)
    clock.advance(42)
    real.sync()
    file = fetching.worked(file, "acquired")
    browser, args = fetching.browser(), [file.case.pk]
    assert browser.get(reverse("direct:picture", args=args)).status_code == 404
    assert "0分42秒" in browser.get(reverse("direct:first", args=args)).content.decode()
    clock.advance(60)
    browser.get(reverse("direct:first", args=args))
    picture = browser.get(reverse("direct:picture", args=args))
    with av.open(io.BytesIO(picture.content), "r", format="mjpeg") as still:
        frame = next(still.decode(video=0))
    assert (frame.width, frame.height) == (160, 96)
    listing = real.browser().get(reverse("direct:acquisitions"), {"as": "csv"})
    assert "0分42秒" in listing.content.decode("utf-8-sig")

    assert "指紋が合いません" in fetching.post(file, "saved", fetching.operator, digest="0" * 8)
    taken = file.latest("acquired")
    assert taken is not None
    assert package_of(file) is not None
    fetching.post(file, "saved", fetching.operator, digest=taken.data["digest"][:8])
    file = fetching.again(file, "awaiting_reconciliation")
    assert package_of(file) is None

    told = wanted | {"reference": "刑一第999号", "cameras": [agreed, other]}
    fetching.post(file, "compare", real.manager, **told)
    file = fetching.again(file, "unmatched")
    table = real.browser().get(reverse("direct:reconciliation")).content.decode()
    assert "事件番号が違う、カメラが違う" in table
    fetching.post(file, "remedy", real.manager, done="署の記録の書き間違いで、訂正を受けた")
    fetching.post(fetching.again(file, "remedied"), "close", real.manager)
    fetching.again(file, "closed")

    second = fetching.worked(fetching.signed(**wanted), "acquired")
    taken = second.latest("acquired")
    assert taken is not None
    fetching.post(second, "saved", fetching.operator, digest=taken.data["digest"])
    _reminded(fetching, fetching.again(second, "awaiting_reconciliation"), clock)
    second = fetching.again(second, "awaiting_reconciliation")
    fetching.post(second, "compare", real.manager, **(wanted | {"reference": "刑一第123号"}))
    fetching.post(fetching.again(second, "matched"), "close", real.manager)
    fetching.again(second, "closed")


def _reminded(fetching: Fetching, file: File, clock: ManualClock) -> None:
    """The station's record does not come: the city asks for it once its day has passed, by a letter
    to that station; the request is a paper too."""
    desk, args = fetching.desk, [file.case.pk]
    page = fetching.post(file, "remind", desk.manager, due="令和8年5月20日")
    assert "保存履歴の期限は令和8年6月10日（水）です" in page
    assert (
        "催促" not in desk.browser().get(reverse("direct:acquisition", args=args)).content.decode()
    )
    clock.advance(28 * 86_400)
    assert "署の記録が期限を過ぎています" in desk.browser().get("/").content.decode()
    assert "きょうからあとの日" in fetching.post(file, "remind", desk.manager, due="令和8年6月1日")
    for due, note in (("令和8年6月15日", ""), ("令和8年6月18日", "5月分の全部です")):
        page = fetching.post(file, "remind", desk.manager, due=due, note=note)
    assert "署に記録を催促した" in page
    letter = _printed(desk, "direct_reminder", args)
    assert "標準の名称" not in letter
    for said in (
        "佐賀南警察署",
        "署長",
        "令和8年6月10日",
        "令和8年6月18日",
        "2回目",
        "刑一第123号",
    ):
        assert said in letter
    asked = _printed(desk, "direct_request", args)
    for said in (
        "防犯カメラの画像提供に関する協定",
        "令和5年10月13日",
        "刑一第123号",
        "警察への提供",
    ):
        assert said in asked
    station = fetching.browser()
    assert station.post(reverse("direct:remind", args=args)).status_code == 403
    missing = reverse("direct:paper", args=[*args, "approval"])
    assert station.get(missing).status_code == 404


def _printed(desk: Desk, kind: str, args: list[str]) -> str:
    """The text of this paper, without white space."""
    answer = desk.browser().get(reverse("direct:paper", args=[*args, kind]))
    assert answer.headers["Content-Type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def test_S7_what_a_broken_link_fetches_in_pieces_is_the_package(real: EngineDesk) -> None:
    """Over a link that breaks every 300,000 bytes the package arrives whole, piece after piece, by
    Range and If-Range; another person's browser gets nothing of it."""
    agreed = real.cameras[0]
    fetching = Fetching.of(real, agreed)
    trust(real, fetching, agreed)
    file = fetching.worked(fetching.signed(**(real.asked | {"cameras": [agreed]})), "acquired")
    taken = file.latest("acquired")
    assert taken is not None
    cookies = fetching.browser().cookies
    sent = "; ".join(f"{name}={one.value}" for name, one in cookies.items())
    address = reverse("direct:download", args=[file.case.pk])
    with _served() as port, _breaking(port, after=300_000) as link:
        data, broken = _fetch(link, address, sent, taken.data["size"])
    assert broken >= 3
    assert hashlib.sha256(data).hexdigest() == taken.data["digest"]
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    assert real.browser().get(address).status_code == 403


def _fetch(port: int, address: str, cookies: str, size: int) -> tuple[bytes, int]:
    """What a browser's `pieces.js` does; the file, and how often the link broke."""
    data, tag, broken = b"", "", 0
    while len(data) < size:
        link = HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"Cookie": cookies, "Host": settings.ALLOWED_HOSTS[0]}
        headers["Range"] = f"bytes={len(data)}-"
        if tag:
            headers["If-Range"] = tag
        try:
            link.request("GET", address, headers=headers)
            answer = link.getresponse()
            assert answer.status == 206
            tag = answer.headers["ETag"]
            data += answer.read()
        except IncompleteRead as error:
            data, broken = data + error.partial, broken + 1
        except (OSError, HTTPException):
            broken += 1
        finally:
            link.close()
        assert broken < 500
    return data, broken


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 – the base class's name
        pass


class _served:  # noqa: N801 – reads as a verb
    """The office over HTTP, on a port of its own."""

    def __enter__(self) -> int:
        self._server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=_Quiet)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self._server.server_port

    def _serve(self) -> None:
        self._server.serve_forever(0.05)
        connections.close_all()

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _breaking:  # noqa: N801 – as above
    """A link to a port that breaks each connection after so many bytes of answer."""

    def __init__(self, port: int, *, after: int) -> None:
        self._port, self._after = port, after

    def __enter__(self) -> int:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with near, socket.create_connection(("127.0.0.1", self._port)) as far:
                far.sendall(near.recv(65_536))
                left = self._after
                while left > 0 and (data := far.recv(min(left, 4096))):
                    near.sendall(data)
                    left -= len(data)
