# SPDX-License-Identifier: AGPL-3.0-or-later
"""From an empty directory to a founder who has signed in with a key, over TLS of the city's CA."""

import base64
import hashlib
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import expect, sync_playwright

from machimori.cli.installing.testing import Authority
from machimori.cli.running.testing import MACHIMORI, WAIT, free_port, machimori

pytestmark = [pytest.mark.timeout(300), pytest.mark.long]
HOST = "machimori.city.test"


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    # PostgreSQL's account could not enter pytest's own directories.
    with tempfile.TemporaryDirectory(prefix="machimori-init-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def command(place: Path) -> list[str]:
    """`machimori init` with all that it needs, and the root's key on a medium of its own."""
    officers = []
    for name in ("sato", "suzuki"):
        machimori(
            *("vault", "officer", "--id", name, "--post", "system-manager"),
            *("--key", str(place / f"{name}.key"), "--out", str(place / f"{name}.json")),
        )
        officers += ["--officer", str(place / f"{name}.json")]
    return [
        *(*MACHIMORI, "init", str(place / "city"), "--host", HOST, "--city", "松戸市"),
        *("--port", str(free_port()), "--scheme", "street", "--scheme-name", "街頭防犯カメラ"),
        *("--profile", "matsudo", "--login", "1001", "--name", "松戸 一郎"),
        *("--root-key-file", str(place / "usb" / "root.key"), *officers),
    ]


def begin_and_kill(command: list[str], after: str) -> None:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == f"made: {after}":
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL, after


def kept(directory: Path) -> dict[str, bytes]:
    """What must never be made again: keys, secrets, configurations; of a vault, once it is one."""
    half = set() if (directory / "vault" / "charter.json").exists() else {"vault"}
    pattern = re.compile(r"(key|secret|\.pem|\.toml|charter\.json|root\.json|ledger\.json)$")
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
        and pattern.search(path.name)
        and not {"postgres", *half}.intersection(path.parts)
    }


def test_it_is_killed_between_its_steps_and_completed(place: Path, command: list[str]) -> None:
    """Each time what was made is kept, byte for byte."""
    city = place / "city"
    made: dict[str, bytes] = {}
    for step in ("certificate request", "ledger", "vault", "office"):
        begin_and_kill(command, step)
        before = kept(city)
        assert {name: before.get(name) for name in made} == made
        made = before
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=WAIT)
    assert "made: office" not in done.stdout
    assert "made: founder's registration code" in done.stdout
    assert "Give it to the city's own certification authority" in done.stdout
    assert before.items() <= kept(city).items()
    # Once more, without a word: nothing is left to make, and nothing is made anew.
    before = kept(city)
    again = machimori("init", str(city))
    assert "made:" not in again
    assert kept(city) == before
    assert (city / "founder.pdf").stat().st_mode & 0o777 == 0o600
    assert (place / "usb" / "root.key").stat().st_mode & 0o777 == 0o600
    for name in ("store", "cases", "expiry", "recorders/rec-1/keys", "places/home"):
        assert (city / name).is_dir(), name


def test_without_the_certificate_only_the_pages_wait(place: Path, command: list[str]) -> None:
    del command
    config = str(place / "city" / "machimori.toml")
    members = machimori("run", "--check", "--config", config).split()
    assert {"ledger", "vault", "courier", "recorder-rec-1", "web", "worker"} <= set(members)
    refused = subprocess.run(
        [*MACHIMORI, "office", "serve", "--directory", str(place / "city" / "office")],
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT,
    )
    assert "init DIRECTORY --certificate FILE" in refused.stderr


def test_the_founder_signs_in_over_tls(place: Path, command: list[str]) -> None:
    city, authority = place / "city", Authority()
    (place / "signed.pem").write_bytes(authority.sign(city / "tls" / "request.csr.pem"))
    (place / "root.pem").write_bytes(authority.pem)
    shown = machimori("init", str(city), "--certificate", str(place / "signed.pem"))
    assert f"installed: {HOST}, good until" in shown
    port = int(command[command.index("--port") + 1])
    log = (place / "run.log").open("wb")
    running = subprocess.Popen(
        [*MACHIMORI, "run", "--config", str(city / "machimori.toml")], stdout=log, stderr=log
    )
    try:
        spki = await_tls(port, place / "root.pem", place / "run.log")
        sign_in(port, spki, code_on(city / "founder.pdf"))
        verified = machimori("ledger", "verify", "--directory", str(city / "ledger"))
        assert verified.endswith("sound\n")
    finally:
        running.terminate()
        running.wait(WAIT)
        log.close()
    # The founder has a key: no further sheet is made.
    (city / "founder.pdf").unlink()
    machimori("init", str(city))
    assert not (city / "founder.pdf").exists()


def await_tls(port: int, root: Path, log: Path) -> str:
    """Until the server proves its name by the city's CA; the digest of its public key."""
    context = ssl.create_default_context(cafile=str(root))
    deadline = time.monotonic() + WAIT
    while True:
        try:
            with (
                socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
                context.wrap_socket(plain, server_hostname=HOST) as secured,
            ):
                assert secured.version() == "TLSv1.3"
                der = secured.getpeercert(binary_form=True)
                break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.2)
    assert der is not None
    public = (
        x509.load_der_x509_certificate(der)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


def code_on(sheet: Path) -> str:
    text = "".join(page.extract_text() for page in pypdf.PdfReader(sheet).pages)
    assert f"https://{HOST}" in text
    (found,) = re.findall(r"(?:[A-Z2-9]{5}-){3}[A-Z2-9]{5}", text)
    return str(found)


def sign_in(port: int, spki: str, code: str) -> None:
    """Chromium trusts this one key, which the city's CA certified above; the name is real."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path="/usr/bin/chromium",
            locale="ja-JP",
            args=[
                "--no-sandbox",
                f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
                f"--ignore-certificate-errors-spki-list={spki}",
            ],
        )
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "usb",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        page.goto(f"https://{HOST}:{port}/")
        page.get_by_role("link", name="紙で受け取った登録コードを使う").click()
        page.get_by_label("職員番号").fill("1001")
        page.get_by_label("登録コード").fill(code)
        page.get_by_role("button", name="コードを確かめる").click()
        page.get_by_role("button", name="このキーを登録する").click()
        expect(page.get_by_role("button", name="なくした")).to_be_visible()
        page.get_by_role("button", name="人の交替").click()
        page.get_by_role("button", name="キーでサインインする").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("きょうの仕事"))
        expect(page.get_by_role("banner")).to_contain_text("松戸 一郎")
        context.close()
