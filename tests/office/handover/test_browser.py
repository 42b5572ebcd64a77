# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two media, from the instruction to their end, in a real browser over a real vault."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, TypeVar
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from machimori.office.handover import media
from machimori.office.handover.media import MediumKind
from machimori.office.handover.testing import begun, copies, terminal
from machimori.office.jobs.testing import work_off
from machimori.office.provision.history import File
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.shared.config import config
from machimori.office.site.wsgi import with_static_files

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """
axe.run().then((result) => result.violations.map(
    (one) => one.id + ": " + one.nodes.map((node) => node.html).join(" | ")))
"""
Value = TypeVar("Value")


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *said: Any) -> None:
        del said


@pytest.fixture
def address(real: EngineDesk) -> Iterator[str]:
    """The office, served."""
    application = with_static_files(get_wsgi_application(), config())

    def closing(environ: Any, answer: Any) -> Any:
        found = application(environ, answer)
        try:
            yield from found
        finally:
            if close := getattr(found, "close", None):
                close()
            connections.close_all()

    with make_server("localhost", 0, closing, Threaded, Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


def outside(act: Callable[[], Value]) -> Value:
    """Playwright's loop keeps Django out of its thread: what needs the database runs in another."""

    def run() -> Value:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def at(browser: Browser, client: Client, address: str) -> BrowserContext:
    """A window with this person's session."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    context.add_cookies(
        [{"name": name, "value": one.value, "url": address} for name, one in client.cookies.items()]
    )
    return context


def judge(page: Page, picture: Path) -> None:
    """axe finds nothing; the picture is an artefact of the run."""
    page.screenshot(path=picture, full_page=True)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Runtime.evaluate", {"expression": AXE.read_text() + ";1"})
    assert page.evaluate(VIOLATIONS) == [], page.url


def test_P9_K16_two_media_are_written_read_back_and_followed_to_their_end(
    real: EngineDesk, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The footage does not fit on one disc: two packages from one opening, each read back whole
    on the page, confirmed by the manager, handed over, and ended one by one."""
    operator = real.cast.person("operator")
    pc, manager = terminal(real, operator), real.browser()
    (whole,) = copies(begun(real, pc))
    size = int(whole.copy.size * 0.7)
    monkeypatch.setitem(media.KINDS, "dvd-r", MediumKind(text=media.KINDS["dvd-r"].text, size=size))
    file = real.instructed()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        _take_out(at(browser, pc, address).new_page(), address, file, tmp_path)
        _hand_over(at(browser, manager, address).new_page(), address, file, tmp_path)
        browser.close()
    file = real.again(file, "closed")
    assert [one.state for one in copies(file)] == ["returned", "destroyed"]
    parts = [(one.copy.start, one.copy.end) for one in copies(file)]
    assert parts[0][1] == parts[1][0]


def _take_out(page: Page, address: str, file: File, pictures: Path) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/cases/{file.case.pk}/")
    page.get_by_role("link", name="取り出す", exact=True).click()
    judge(page, pictures / "01-extract.png")
    page.get_by_label("DVD-R", exact=False).check()
    page.get_by_role("button", name="この範囲を取り出す").click()
    expect(page.get_by_text("順番を待っています。")).to_be_visible()
    judge(page, pictures / "02-waiting.png")
    outside(lambda: work_off(file.case.pk))
    page.get_by_role("link", name="次へ進む").click(timeout=60_000)
    for number in ("1", "2"):
        expect(page.get_by_text(f"2本のうち{number}本目")).to_be_visible()
        _write(page, number, pictures)
    expect(page.get_by_text("完了確認待ち").first).to_be_visible()
    judge(page, pictures / "06-written.png")
    assert complaints == []


def _write(page: Page, number: str, pictures: Path) -> None:
    """Fetch the package, "write" it, and have the page read it back."""
    with page.expect_download() as download:
        page.get_by_role("button", name="証拠一式をこの端末に取り出す").click()
    package = pictures / f"{number}.zip"
    download.value.save_as(package)
    data = package.read_bytes()
    other = pictures / "other.zip"
    chosen = page.get_by_label("媒体に書いたファイル")
    if number == "1":
        judge(page, pictures / "03-medium.png")
        other.write_bytes(data[:-1])
        chosen.set_input_files(other)
        expect(page.get_by_text("大きさが違います。")).to_be_visible()
        other = pictures / "altered.zip"
        other.write_bytes(data[:1000] + b"?" + data[1001:])
        chosen.set_input_files(other)
        expect(page.get_by_text("一致しません。")).to_be_visible(timeout=60_000)
        judge(page, pictures / "04-other.png")
        page.get_by_role("button", name="読み返しまで済んだ媒体を記録する").click()
        expect(page.get_by_text("ファイルを選んで確かめるか")).to_be_visible()
        chosen = page.get_by_label("媒体に書いたファイル")
    chosen.set_input_files(package)
    expect(page.get_by_text("一致しました。")).to_be_visible(timeout=60_000)
    page.get_by_label("媒体番号").fill(f"DVD-{number}")
    page.get_by_label("媒体にパスワードをかけた").check()
    page.get_by_label("パスワードを別に渡す方法").select_option(label="別の封筒で")
    judge(page, pictures / f"05-read-back-{number}.png")
    page.get_by_role("button", name="読み返しまで済んだ媒体を記録する").click()


def _hand_over(page: Page, address: str, file: File, pictures: Path) -> None:
    page.goto(f"{address}/cases/{file.case.pk}/")
    page.get_by_role("link", name="できた複製を確かめる").click()
    judge(page, pictures / "07-check.png")
    page.get_by_role("button", name="指示のとおりで、読めることを確認した").click()
    judge(page, pictures / "08-hand-over.png")
    for paper in ("受領書を印刷する", "媒体受渡票を印刷する"):
        with page.expect_download() as printed:
            page.get_by_role("link", name=paper).click()
        assert Path(printed.value.path()).read_bytes().startswith(b"%PDF")
    expect(page.get_by_label("身分証の種類")).to_have_value("警察手帳")
    page.get_by_role("button", name="引渡しを記録する").click()
    judge(page, pictures / "09-provided.png")
    page.goto(f"{address}/copies/?q=DVD-1")
    judge(page, pictures / "10-register.png")
    page.get_by_role("link", name="DVD-1", exact=True).click()
    judge(page, pictures / "11-copy.png")
    page.get_by_role("link", name="返却・消去をお願いしたことを記録する").click()
    page.get_by_label("お願いした日").fill("令和8年5月14日")
    page.get_by_label("方法").fill("電話")
    page.get_by_role("button", name="返却・消去をお願いしたことを記録する").click()
    page.get_by_role("link", name="複製の終わりを記録する").click()
    judge(page, pictures / "12-end.png")
    page.get_by_label("媒体が返却された").check()
    page.get_by_label("その日").fill("令和8年5月14日")
    page.get_by_role("button", name="複製の終わりを記録する").click()
    page.goto(f"{address}/cases/{file.case.pk}/")
    page.get_by_role("link", name="複製の終わりを記録する").click()
    page.get_by_label("廃棄した").check()
    page.get_by_label("その日").fill("令和8年5月14日")
    page.get_by_role("button", name="複製の終わりを記録する").click()
    page.goto(f"{address}/cases/{file.case.pk}/")
    judge(page, pictures / "13-ended.png")
    page.get_by_role("button", name="完結にする").click()
    expect(page.get_by_text("文書の保存期限")).to_be_visible()
    judge(page, pictures / "14-closed.png")
