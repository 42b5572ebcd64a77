# SPDX-License-Identifier: AGPL-3.0-or-later
"""The foundation in a real browser: served by its own command, walked with keys, judged by axe.

Chromium is Debian's; its virtual authenticator is a FIDO2 key with a PIN.
"""

import base64
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Browser, Page, expect, sync_playwright

from machimori.ledger.testing import LedgerProcess

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "とても長い合言葉を決めました"
VIOLATIONS = """
axe.run().then((result) => result.violations.map(
    (one) => one.id + ": " + one.nodes.map((node) => node.html).join(" | ")))
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A real office, not a demo: its address, and its first manager's registration code."""
    root = tmp_path_factory.mktemp("served")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with LedgerProcess(root / "ledger") as process:
        process.stop_sequencer()
        process.server.stop()
        command = [sys.executable, "-m", "machimori.cli.main", "office"]
        places = {"ledger": "ledger", "vault": "vault.sock", "store": "store", "cases": "cases"}
        made = subprocess.run(
            [
                *command,
                "init",
                f"--directory={root / 'office'}",
                *(f"--{name}={root / place}" for name, place in places.items()),
                f"--origin=http://localhost:{port}",
                f"--port={port}",
                "--scheme=street",
                "--scheme-name=街頭防犯カメラ",
                "--profile=sakai",
                "--login=1001",
                "--name=佐藤 花子",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        with (root / "log").open("wb") as log:
            server = subprocess.Popen(
                [*command, "serve", f"--directory={root / 'office'}"], stdout=log, stderr=log
            )
        try:
            _await(f"http://localhost:{port}/sign-in/", server, root / "log")
            yield f"http://localhost:{port}", made.stdout.strip()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def _await(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            urlopen(address).close()
            return
        except URLError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)


def plug_in(page: Page) -> None:
    """A key in the computer that knows its PIN."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def judge(page: Page) -> None:
    """axe finds nothing (WCAG 2.2 A and AA, best practices)."""
    devtools = page.context.new_cdp_session(page)
    # By the debugger, because the pages themselves let no script in.
    devtools.send("Runtime.evaluate", {"expression": AXE.read_text() + ";1"})
    assert page.evaluate(VIOLATIONS) == [], page.url


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(text))


def go(page: Page, group: str, name: str) -> None:
    """To a page of the menu, by keys: its group opens with Enter."""
    page.locator(".menu summary", has_text=group).press("Enter")
    page.locator(".menu").get_by_role("link", name=name, exact=True).press("Enter")


def registers_of_people(page: Page) -> None:
    """The pages of personnel, from the menu, judged by axe; a key is registered and given out."""
    for name in (
        "一括の異動",
        "引継書",
        "従事者名簿",
        "署名できる人",
        "誓約簿",
        "番号とパスワード",
        "鍵簿",
    ):
        go(page, "人と鍵", name)
        heading(page, name)
        judge(page)
    page.get_by_role("link", name="鍵を登録する").click()
    judge(page)
    page.get_by_label("種類").select_option("rack")
    page.get_by_label("番号").fill("R-1")
    page.get_by_label("場所").fill("1階警備員室の引き出し")
    button(page, "この鍵を登録する")
    heading(page, "鍵 R-1")
    judge(page)
    button(page, "人の交替")
    expect(page.get_by_role("button", name="キーでサインインする")).to_be_focused()
    page.keyboard.press("Enter")
    heading(page, "鍵 R-1")


def terminal_is_proved_by_a_touch(page: Page) -> None:
    """The manager registers a computer, gives it a key, and touches it there."""
    go(page, "カメラと機器", "端末簿")
    heading(page, "端末簿")
    judge(page)
    page.get_by_role("link", name="端末を登録する").click()
    judge(page)
    page.get_by_label("端末の番号").fill("1号")
    page.get_by_label("製造番号").fill("SN-20260501")
    page.get_by_label("置く場所").select_option("guard_room")
    page.get_by_label("保管するところ").fill("施錠できる机")
    button(page, "この端末を登録する")
    heading(page, "端末 1号")
    judge(page)
    button(page, "このキーをこの端末のキーにする")
    expect(page.get_by_role("definition").last).to_contain_text("登録 令和")
    go(page, "カメラと機器", "この端末")
    expect(page.get_by_text("まだ確かめていません")).to_be_visible()
    judge(page)
    button(page, "この端末のキーで確かめる")
    expect(page.get_by_text("端末 1号 で仕事をしています")).to_be_visible()
    judge(page)


def codes_of_an_app(page: Page, address: str) -> TOTP:
    """The app of whoever is signed in, with which they have registered for 確認コード."""
    page.goto(f"{address}/keys/")
    page.get_by_role("link", name="確認コードを登録する").click()
    judge(page)
    secret = base64.b32decode(page.locator("ol code").inner_text().replace(" ", ""))
    app = TOTP(secret, 6, SHA1(), 30)
    page.get_by_label("アプリに出ている6桁").fill(app.generate(int(time.time())).decode())
    button(page, "確認コードを使う")
    expect(page.get_by_role("button", name="確認コードをやめる")).to_be_visible()
    judge(page)
    return app


def test_I4_a_city_s_first_day(chromium: Browser, served: tuple[str, str], tmp_path: Path) -> None:
    """From the code on paper to a colleague who signs in: every page in a browser, by axe."""
    address, code = served
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    plug_in(page)

    page.goto(address)
    heading(page, "サインイン")
    judge(page)
    page.get_by_role("link", name="紙で受け取った登録コードを使う").click()
    judge(page)
    page.get_by_label("職員番号").fill("1001")
    page.get_by_label("登録コード").fill(code)
    button(page, "コードを確かめる")
    heading(page, "自分のキー")
    judge(page)
    button(page, "このキーを登録する")
    expect(page.get_by_role("button", name="なくした")).to_be_visible()

    button(page, "人の交替")
    button(page, "キーでサインインする")
    heading(page, "きょうの仕事")
    expect(page.get_by_role("banner")).to_contain_text("街頭防犯カメラ")
    expect(page.get_by_role("banner")).to_contain_text("佐藤 花子")
    expect(page.get_by_role("banner")).to_contain_text("管理責任者")
    expect(page.get_by_role("banner")).to_contain_text(re.compile(r"令和\d+年\d+月\d+日（.）"))
    judge(page)

    page.get_by_role("link", name="決まっていないこと　あと7項目").click()
    heading(page, "あと7項目です")
    judge(page)
    page.get_by_role("link", name="「パスワードを変える間隔（日）」を決める").click()
    judge(page)
    button(page, "この値に決める")
    heading(page, "あと6項目です")
    page.get_by_role("link", name="「不在のときに代決する」を決める").click()
    judge(page)
    page.get_by_role("link", name="あとで決める").click()
    button(page, "おすすめの値にまとめて決める")
    page.get_by_role("link", name="制度を始めるページへ進む").click()
    judge(page)
    button(page, "この日から制度を始める")
    heading(page, "制度の始まりの日が決まりました")
    page.get_by_role("link", name="きまりの一覧へ戻る").click()
    page.goto(f"{address}/kimari/?q=パスワードを変える間隔")
    expect(page.get_by_role("table")).to_contain_text("市の決定（")
    judge(page)

    go(page, "人と鍵", "任命と引継ぎ")
    page.get_by_role("link", name="任命する").click()
    page.get_by_role("link", name="名前が出ない人を新しく入れる").click()
    judge(page)
    page.get_by_label("職員番号").fill("1002")
    page.get_by_label("氏名").fill("=鈴木 一郎")
    button(page, "入れて、任命に進む")
    page.get_by_label("職", exact=False).last.select_option("operator")
    page.get_by_label("いつから").fill("きょう")
    button(page, "この内容で任命する")
    expect(page.get_by_text("日付として読めません")).to_be_visible()
    judge(page)
    today = page.get_by_role("banner").get_by_text(re.compile("令和")).inner_text()
    page.get_by_label("いつから").fill(today)
    button(page, "この内容で任命する")
    expect(page.get_by_role("table")).to_contain_text("=鈴木 一郎")
    judge(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSVで保存").click()
    assert "'=鈴木 一郎" in Path(saved.value.path()).read_text("utf-8-sig")
    terminal_is_proved_by_a_touch(page)
    registers_of_people(page)
    go(page, "人と鍵", "任命と引継ぎ")

    page.get_by_role("link", name="=鈴木 一郎").click()
    judge(page)
    button(page, "登録コードを出す")
    judge(page)
    second = page.locator(".code-paper").inner_text()
    button(page, "人の交替")
    page.goto(f"{address}/sign-in/code/")
    page.get_by_label("職員番号").fill("1002")
    page.get_by_label("登録コード").fill(second)
    button(page, "コードを確かめる")
    page.get_by_role("link", name="パスワードを決める・変える").click()
    judge(page)
    page.get_by_label("新しいパスワード").fill(PASSWORD)
    page.get_by_label("もう一度").fill(PASSWORD)
    button(page, "このパスワードにする")
    button(page, "人の交替")
    page.locator("[name=login]").fill("1002")
    page.locator("[name=password]").fill(PASSWORD)
    button(page, "パスワードでサインインする")
    heading(page, "きょうの仕事")
    app = codes_of_an_app(page, address)
    button(page, "人の交替")
    page.locator("[name=login]").fill("1002")
    page.locator("[name=password]").fill(PASSWORD)
    # That of the next half minute: the one of this was used for registering.
    page.locator("[name=code]").fill(app.generate(int(time.time()) + 30).decode())
    judge(page)
    button(page, "パスワードでサインインする")
    heading(page, "きょうの仕事")
    page.goto(f"{address}/appointments/")
    heading(page, "このページは見られません")
    judge(page)
    button(page, "English")
    heading(page, "You cannot see this page")
    assert complaints == []
    context.close()


def test_a_page_at_twice_the_size_needs_no_sideways_scrolling(
    chromium: Browser, served: tuple[str, str]
) -> None:
    """WCAG 1.4.10: at 200 % of 1280 pixels, and down to 320, there is one column."""
    address, _ = served
    for width in (640, 320):
        context = chromium.new_context(viewport={"width": width, "height": 480}, locale="ja-JP")
        page = context.new_page()
        page.goto(f"{address}/sign-in/")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()


def test_the_keyboard_alone_reaches_the_content_first(
    chromium: Browser, served: tuple[str, str]
) -> None:
    address, _ = served
    context = chromium.new_context(locale="ja-JP")
    page = context.new_page()
    page.goto(f"{address}/sign-in/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "本文へ移動"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "キーでサインインする"
    context.close()
