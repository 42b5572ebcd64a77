# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori demo` as a new user has it: made, opened over HTTP, ended, and gone on with."""

import io
import json
import re
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path

import av
import pytest

from machimori.cli.demo.five import NAMES
from machimori.cli.demo.five.places import Places
from machimori.cli.demo.testing import demo
from machimori.cli.main import main
from machimori.cli.running.testing import free_port
from machimori.kernel.errors import UsageError
from machimori.ledger.entry import Entry
from machimori.ledger.postgres.home import Home
from machimori.office.sample.towns import TOWNS

pytestmark = [pytest.mark.timeout(900), pytest.mark.long]
STATES = {
    "/cases/": "相談中 受付 補正待ち 決裁中 承認 指示済 画像確認 取出し中 完了確認待ち 引渡し待ち"
    " 提供済 完結 不承認 該当画像なし 取下げ 失効 承認の中止 案内のみで終了",
    "/disclosures/": "受付 補正中 検索・特定 意見照会 決定 申出待ち 実施 移送 取下げ 完結",
    "/emergency/": "命令の署名待ち 命令済 取出し済 事後申請待ち 審査中 適正 範囲超過 不適"
    " 消去の確認待ち 完結 取りやめ",
    "/internal/": "起票 許可 利用中 記録済 完結 不許可 取下げ",
    "/direct/": "署名待ち 取得済 突合待ち 一致 是正済 完結 取得できず 取りやめ",
    "/complaints/": "回答前 回答した 終わった",
}
"""The lists of the demo's cases, and what stands in them."""
SHOWN = {
    "sakai": ("/cases/", "/disclosures/", "/complaints/"),
    "asahikawa": ("/emergency/", "/internal/"),
    "saga": ("/direct/",),
}
"""In which schemes every state is seen."""
SOME = ("sakai", "asahikawa-ekimae")
"""The scheme in which most is done, and the one in which nothing is decided yet."""


@dataclass
class Browser:
    """Somebody's browser: cookies, forms, pages as text."""

    origin: str
    cookies: CookieJar = field(default_factory=CookieJar)

    def get(self, path: str) -> tuple[int, bytes]:
        return self._ask(urllib.request.Request(self.origin + path))

    def page(self, path: str) -> str:
        status, body = self.get(path)
        assert status == 200, (path, status)
        return body.decode()

    def post(self, path: str, **typed: str) -> str:
        """Send a form; the page that follows."""
        token = next(one.value for one in self.cookies if one.name == "csrf")
        data = urllib.parse.urlencode({**typed, "csrfmiddlewaretoken": token or ""}).encode()
        headers = {"Origin": self.origin}
        request = urllib.request.Request(self.origin + path, data, headers)
        status, body = self._ask(request)
        assert status == 200, (path, status, body.decode()[-2000:])
        return body.decode()

    def sign_in(self, name: str) -> str:
        """As a person of the demo, with the one click that the page offers; their first page."""
        page = self.page("/sign-in/")
        found = re.search(rf'value="(o-[0-9a-f]+)"[^>]*>[^<]*{name}', page)
        assert found, name
        return self.post("/sign-in/demo/", officer=found[1])

    def _ask(self, request: urllib.request.Request) -> tuple[int, bytes]:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        try:
            with opener.open(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


def menu(page: str) -> list[str]:
    """The addresses in the line of pages."""
    navigation = re.search(r"(?s)<nav.*?</nav>", page)
    assert navigation
    return list(dict.fromkeys(re.findall(r'href="(/[^"]*)"', navigation[0])))


def states(page: str) -> set[str]:
    """What stands in the cells of a list."""
    return {unescape(one).strip() for one in re.findall(r"<td[^>]*>([^<]*)<", page)}


def every(browser: Browser, path: str) -> set[str]:
    """The cells of all pages of a list."""
    found, number = set[str](), 1
    while not (cells := states(browser.page(f"{path}?page={number}"))) <= found:
        found |= cells
        number += 1
    return found


def plays_its_first_fragment(browser: Browser, case: str) -> None:
    """The manager opens the case's footage, and the first piece of it is a film."""
    page = browser.page(f"/cases/{case}/view/")
    assert "この範囲を開く" in page
    player = browser.post(f"/cases/{case}/view/")
    reel = json.loads(unescape(re.search(r'data-reel="([^"]*)"', player)[1]))  # type: ignore[index]
    status, data = browser.get(reel["cameras"][0]["pieces"][0]["address"])
    assert status == 200
    with av.open(io.BytesIO(data), "r", format="mp4") as film:
        picture = next(film.decode(video=0))
    assert (picture.width, picture.height) == (480, 270)


@pytest.mark.parametrize(
    "names", [SOME, pytest.param(NAMES, marks=pytest.mark.soak)], ids=["some", "all"]
)
def test_cities_at_one_address_and_again_after_ctrl_c(names: tuple[str, ...]) -> None:
    towns = [town for town in TOWNS if town.id in names]
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="machimori-demo-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        with demo(directory, port, *names) as said:
            origin = f"http://localhost:{port}"
            assert origin in said
            for town in towns:
                browser = Browser(origin)
                manager = town.people["system_manager"]
                first = browser.sign_in(manager)
                assert town.scheme in first
                assert "デモです" in first
                for address in menu(first):
                    status, body = browser.get(address)
                    assert "デモです" in body.decode(), address
                    # What these rules or this place refuse says why (監視 at a desk).
                    refused = status == 403 and 'role="alert"' in body.decode()
                    assert status == 200 or refused, (address, status)
                for path in SHOWN.get(town.id, ()):
                    assert set(STATES[path].split()) <= every(browser, path)
                if not town.starts:
                    assert "決まっていないこと" in first
                    continue
                undelivered = browser.page("/vault/")
                assert "届いていません" not in undelivered
                assert "まだ知りません" not in undelivered
                waiting = browser.page("/cases/?state=instructed")
                case = re.findall(r'href="/cases/(c-[0-9a-f]+)/"', waiting)[0]
                if town.id == "sakai":
                    plays_its_first_fragment(browser, case)
            with Home.read(directory / "city" / "ledger").ledger() as ledger:
                types = {Entry.decode(one).type for one in ledger.entries()}
            assert {"epoch.destroyed", "footage.expired", "release.made"} <= types
        with demo(directory, port) as said:
            assert "Making ledger" not in said
            assert towns[0].scheme in Browser(origin).sign_in(towns[0].people["operator"])


def test_a_directory_is_left_alone_that_holds_something_else_or_runs(tmp_path: Path) -> None:
    places = Places(directory=tmp_path / "city")
    with places.held():
        places.begin()
        kept = places.store / "kept"
        kept.touch()
        with pytest.raises(UsageError, match="runs here already"), places.held():
            pass
        assert main(["demo", "--directory", str(places.directory), "--fresh"]) == 2
        assert kept.exists()
        places.begin()
        assert not kept.exists()
    (tmp_path / "precious").touch()
    with pytest.raises(UsageError, match="not the demo's"), Places(directory=tmp_path).held():
        pass
