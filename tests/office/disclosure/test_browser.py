# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of disclosure in a real browser, over a real vault, judged by axe."""

import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from playwright.sync_api import Page, expect, sync_playwright

from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.shared.config import config
from machimori.office.site.wsgi import with_static_files

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """
axe.run().then((result) => result.violations.map(
    (one) => one.id + ": " + one.nodes.map((node) => node.html).join(" | ")))
"""


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as its parent
        """A test's output is no access log."""


@pytest.fixture
def address() -> Iterator[str]:
    """This process's office, served."""
    application = with_static_files(get_wsgi_application(), config())
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)

    def serve() -> None:
        server.serve_forever()
        connections.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(real: EngineDesk, address: str) -> Iterator[Page]:
    """The manager's browser."""
    cookies = real.browser().cookies
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
        context.add_cookies(
            [{"name": name, "value": one.value, "url": address} for name, one in cookies.items()]
        )
        yield context.new_page()
        browser.close()


def judge(page: Page, picture: Path) -> None:
    """axe finds nothing; the picture is an artefact of the run."""
    page.screenshot(path=picture, full_page=True)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Runtime.evaluate", {"expression": AXE.read_text() + ";1"})
    assert page.evaluate(VIOLATIONS) == [], page.url


def test_K19_a_request_is_taken_in_held_and_decided_in_a_browser(
    page: Page, address: str, real: EngineDesk, tmp_path: Path
) -> None:
    """Each page leads to the next by its one main button."""
    real.sync()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/disclosures/")
    page.get_by_role("link", name="開示請求を受け付ける").click()
    judge(page, tmp_path / "1-receipt.png")
    page.get_by_label("請求者の氏名").fill("山田 花子")
    page.get_by_label("請求者の住所").fill("堺市堺区南瓦町3-1")
    page.get_by_label("示された本人確認書類").fill("運転免許証")
    page.get_by_label("開示を請求する内容").fill("1階の出入口で私が写っている画像")
    page.get_by_label("カメラ", exact=False).first.check()
    asked = real.asked
    for label, name in (
        ("始まりの日", "first_day"),
        ("始まりの時刻", "first_time"),
        ("終わりの日", "last_day"),
        ("終わりの時刻", "last_time"),
    ):
        page.get_by_label(label).first.fill(str(asked[name]))
    page.get_by_role("button", name="この内容で受け付ける").click()
    judge(page, tmp_path / "2-hold.png")
    page.get_by_role("button", name="デモのキーで署名して消去を止める").click()
    expect(page.get_by_role("heading", name="消去を止めました")).to_be_visible()
    judge(page, tmp_path / "3-received.png")
    page.get_by_role("link", name="請求書を確かめる").click()
    page.get_by_role("button", name="確かめて検索に進む").click()
    page.get_by_role("link", name="探した結果を記録する").click()
    page.get_by_label("画像は残っている").check()
    page.get_by_label("本人が写っている").check()
    page.get_by_role("button", name="この結果を記録する").click()
    page.get_by_role("link", name="決定する").click()
    judge(page, tmp_path / "4-decide.png")
    page.get_by_label("不存在").check()
    page.get_by_role("button", name="この内容で決定する").click()
    expect(page.get_by_role("alert")).to_contain_text("不存在にはできません")
    judge(page, tmp_path / "5-refused.png")
    page.goto(f"{address}/")
    expect(page.get_by_role("main")).to_contain_text("開示請求")
    judge(page, tmp_path / "6-today.png")
    assert complaints == []
