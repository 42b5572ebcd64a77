# SPDX-License-Identifier: AGPL-3.0-or-later
"""`verify.html` from a disk in Chromium: it says what `verify.py` says, and reaches nobody."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from machimori.evidence.errors import EvidenceError
from machimori.evidence.page.packing import pack_page, policy
from machimori.evidence.testing import read_files, restate, write_files
from machimori.evidence.testing_tampering import FILES, LIES, flip
from machimori.evidence.verifier.app import as_json
from machimori.evidence.verifier.check import verify
from machimori.evidence.verifier.container import END

pytestmark = pytest.mark.long

_NPM = Path("frontend/node_modules")
_PYODIDE = _NPM / "pyodide"
_START = 120_000
"""Milliseconds until the page's Python must run, on a machine that is busy."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page on a disk."""
    path = tmp_path_factory.mktemp("page") / "verify.html"
    path.write_bytes(pack_page(_PYODIDE))
    return path


@pytest.fixture(scope="module")
def page(chromium: Browser, file: Path) -> Iterator[Page]:
    """The page, ready."""
    opened = chromium.new_page(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(file.as_uri())
    opened.wait_for_selector("#go:not([disabled])", timeout=_START)
    yield opened
    assert complaints == []


def judged(page: Page, path: Path, city: str = "") -> dict[str, Any]:
    """What the page finds."""
    page.set_input_files("#folder" if path.is_dir() else "#zip", path)
    page.fill("#city", city)
    page.click("#go")
    page.wait_for_selector("#result:not([hidden])", timeout=_START)
    found: dict[str, Any] = page.evaluate("shown")
    return found


def assert_same(page: Page, path: Path, city: str) -> dict[str, Any]:
    """The page says what the engine's verifier says."""
    found = judged(page, path, city)
    assert found["record"] == json.loads(as_json(verify(path, city=city)))
    return found


@pytest.mark.parametrize("codec", ["h264", "h265", "jpeg"])
def test_a_sound_package_is_sound(page: Page, made_of: Callable[[str], Any], codec: str) -> None:
    made = made_of(codec)
    found = assert_same(page, made.path, made.city.fingerprint)
    assert found["verdict"] == "sound"
    assert page.text_content("#verdict") == (
        "✓この証拠は、作られたときから変わっていません。示された市の鍵で署名されています。"
    )
    assert page.locator("#cameras h3").all_text_contents() == ["カメラ cam-0001"]


def test_without_the_city_s_fingerprint_or_with_another_it_says_so(page: Page, made: Any) -> None:
    found = judged(page, made.path)
    assert found["exit_code"] == 20
    assert "指紋を入れて、もう一度" in found["sentence"]
    assert assert_same(page, made.path, "0" * 64)["verdict"] == "other_city"


def test_every_changed_file_is_named_as_the_program_names_it(
    page: Page, made: Any, tmp_path: Path
) -> None:
    files = read_files(made.path)
    for number, name in enumerate(FILES):
        for relist in (False, True):
            if relist and not name.startswith("data/"):
                continue
            path = tmp_path / f"{number}-{relist}.zip"
            write_files(path, {**files, name: flip(files[name])}, relist=relist)
            found = assert_same(page, path, made.city.fingerprint)
            assert found["verdict"] in ("altered", "incomplete"), name


@pytest.mark.parametrize("code", LIES)
def test_what_the_recordings_contradict_is_found(
    page: Page, made: Any, tmp_path: Path, code: str
) -> None:
    files = restate(read_files(made.path), made.city.key, LIES[code])
    path = write_files(tmp_path / "x.zip", files, relist=True)
    found = assert_same(page, path, made.city.fingerprint)
    assert code in {finding["code"] for finding in found["record"]["findings"]}


def test_what_is_cut_off_or_no_package_is_told(page: Page, made: Any, tmp_path: Path) -> None:
    data = made.path.read_bytes()
    for name, content, verdict in (
        ("cut.zip", data[: len(data) // 2], "incomplete"),
        ("text.zip", b"no zip", "unreadable"),
        ("empty.zip", b"", "unreadable"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert assert_same(page, path, made.city.fingerprint)["verdict"] == verdict


def test_places_beyond_four_gigabytes_are_read_where_they_are(page: Page, tmp_path: Path) -> None:
    """A directory that is said to stand 5 GB into the file: read there, and refused for what
    stands there."""
    path = tmp_path / "large.zip"
    offset = 4_000_000_000
    with path.open("wb") as large:
        large.seek(offset)
        large.write(b"PK\x01\x02" + bytes(42))
        large.write(END.pack(b"PK\x05\x06", 0, 0, 1, 1, 46, offset, 0))
    found = assert_same(page, path, "")
    assert found["verdict"] == "unreadable"
    path.unlink()


def test_an_unpacked_package_is_judged_in_its_folder(page: Page, made: Any, tmp_path: Path) -> None:
    for name, data in read_files(made.path).items():
        (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "x" / name).write_bytes(data)
    assert assert_same(page, tmp_path / "x", made.city.fingerprint)["verdict"] == "sound"
    page.get_by_role("button", name="再生する：cam-0001-01.mp4").click()
    page.wait_for_selector("video")


def test_a_film_is_played_from_within_the_package(page: Page, made: Any) -> None:
    judged(page, made.path)
    page.get_by_role("button", name="再生する：cam-0001-01.mp4").click()
    video = page.locator("video")
    video.evaluate(
        "film => new Promise(done => { film.ontimeupdate = () => film.currentTime > 0 && done(); })"
    )
    assert video.evaluate("film => film.videoWidth") == 160


class Listener(BaseHTTPRequestHandler):
    """Answers every page of the world, and notes that it was asked."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


ASK = """(address) => Promise.allSettled([
  fetch(address + "fetch"),
  new Promise((done) => { const image = new Image(); image.onload = image.onerror = done;
                          image.src = address + "image"; }),
])"""


def test_the_page_can_reach_nobody(
    chromium: Browser, page: Page, file: Path, tmp_path: Path
) -> None:
    """The browser itself refuses: even a defect of the page could send nothing."""
    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    try:
        page.evaluate(ASK, address)
        assert Listener.asked == []
        other = chromium.new_page()
        (tmp_path / "other.html").write_text("<!doctype html>")
        other.goto((tmp_path / "other.html").as_uri())
        other.evaluate(ASK, address)
        other.close()
        assert sorted(Listener.asked) == ["/fetch", "/image"], "without our policy it is reached"
    finally:
        server.shutdown()
        server.server_close()
    assert policy(file.read_bytes()).startswith("default-src 'none'; ")


def test_english_at_a_click_and_nothing_for_axe(page: Page, made: Any) -> None:
    judged(page, made.path)
    page.evaluate((_NPM / "axe-core" / "axe.min.js").read_text())
    for heading in ("Verify evidence", "証拠の検証"):
        page.click("#language")
        assert page.text_content("h1") == heading
        found = page.evaluate("axe.run().then(found => found.violations.map(one => one.id))")
        assert found == []


def test_one_source_gives_one_page_and_a_missing_part_is_named(tmp_path: Path, file: Path) -> None:
    assert pack_page(_PYODIDE) == file.read_bytes()
    with pytest.raises(EvidenceError) as refused:
        pack_page(tmp_path)
    assert str(tmp_path) in refused.value.where
