# SPDX-License-Identifier: AGPL-3.0-or-later
"""RFC 3161 stamps from a local authority (`openssl ts`), and OpenSSL's own verdict on them."""

import http.server
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from machimori.evidence.errors import StampError
from machimori.evidence.make import make
from machimori.evidence.stamping import Rfc3161, over_http
from machimori.evidence.testing import at, read_files, recorded, write_files
from machimori.evidence.verifier.check import verify
from machimori.evidence.verifier.statement import STAMP, STATEMENT
from machimori.evidence.verifier.verdict import Verdict
from machimori.kernel.clock import ManualClock
from machimori.kernel.errors import UsageError

CONFIG = """
[tsa]
default_tsa = machimori
[machimori]
dir = {directory}
serial = {directory}/serial
crypto_device = builtin
signer_cert = {directory}/tsa.pem
signer_key = {directory}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


class Authority:
    """A time-stamp authority with a root of its own; `key` are options of `openssl req -newkey`."""

    def __init__(self, directory: Path, *key: str) -> None:
        self.directory = directory
        self.root = directory / "root.pem"
        directory.mkdir()
        (directory / "serial").write_text("01\n")
        (directory / "ts.cnf").write_text(CONFIG.format(directory=directory))
        (directory / "ext.cnf").write_text(
            "extendedKeyUsage=critical,timeStamping\nbasicConstraints=critical,CA:false\n"
            "keyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n"
            "authorityKeyIdentifier=keyid\n"
        )
        self._run("req", "-x509", "-new", *key, "-nodes", "-days", "3", "-subj", "/CN=Test root",
                  "-keyout", "root.key", "-out", "root.pem")  # fmt: skip
        self._run("req", "-new", *key, "-nodes", "-subj", "/CN=Test TSA",
                  "-keyout", "tsa.key", "-out", "tsa.csr")  # fmt: skip
        self._run(
            *("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key"),
            *("-CAcreateserial", "-days", "2", "-extfile", "ext.cnf", "-out", "tsa.pem"),
        )

    def __call__(self, request: bytes) -> bytes:
        (self.directory / "request.tsq").write_bytes(request)
        self._run("ts", "-reply", "-config", "ts.cnf", "-queryfile", "request.tsq",
                  "-out", "answer.tsr")  # fmt: skip
        return (self.directory / "answer.tsr").read_bytes()

    def accepts(self, data: Path, stamp: Path) -> bool:
        done = subprocess.run(
            ["openssl", "ts", "-verify", "-in", stamp, "-data", data, "-CAfile", self.root],
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def _run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.directory, check=True, capture_output=True)


@pytest.fixture(scope="module", params=["rsa", "ec"])
def authority(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Authority:
    keys = {
        "rsa": ("-newkey", "rsa:2048"),
        "ec": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    }
    return Authority(tmp_path_factory.mktemp("tsa") / "authority", *keys[request.param])


@pytest.fixture
def served(authority: Authority) -> Iterator[str]:
    """The authority behind HTTP."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = authority(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_stamped_package_is_sound_and_openssl_accepts_the_stamp(
    authority: Authority, served: str, tmp_path: Path
) -> None:
    city, _ = recorded(seconds=2)
    made = make(
        client=city.vault,
        ledger=city.ledger,
        store=city.store,
        order=city.order(at(0), at(2)),
        reader=city.reader,
        out=tmp_path / "p.zip",
        clock=ManualClock(at(20)),
        stamper=Rfc3161(over_http(served), authority.root),
    )
    assert made.judgement.verdict is Verdict.SOUND
    assert made.judgement.findings == []
    assert made.judgement.stamp.endswith("Z")
    files = read_files(made.path)
    (tmp_path / "statement").write_bytes(files[STATEMENT])
    (tmp_path / "stamp").write_bytes(files[STAMP])
    assert authority.accepts(tmp_path / "statement", tmp_path / "stamp")
    assert "時刻証明" in files["data/statement.html"].decode()

    for change in (
        files[STAMP][:-1] + bytes([files[STAMP][-1] ^ 1]),
        files[STAMP][:-1],
        authority_stamp_of(authority, b"another statement"),
    ):
        path = write_files(tmp_path / "x.zip", {**files, STAMP: change}, relist=True)
        judgement = verify(path, city=city.fingerprint)
        assert judgement.verdict is Verdict.ALTERED
        assert STAMP in judgement.places()
    del files[STAMP]
    judgement = verify(write_files(tmp_path / "y.zip", files, relist=True), city=city.fingerprint)
    assert judgement.verdict is Verdict.INCOMPLETE
    assert judgement.places() == {STAMP}


def authority_stamp_of(authority: Authority, data: bytes) -> bytes:
    return Rfc3161(authority, authority.root).stamp(data)


def test_an_authority_that_fails_leaves_no_package(authority: Authority, tmp_path: Path) -> None:
    city, _ = recorded(seconds=2)
    stranger = Authority(tmp_path / "stranger", "-newkey", "rsa:2048")
    for exchange in (lambda request: b"nonsense", stranger, over_http("http://127.0.0.1:9/")):
        with pytest.raises(StampError):
            make(
                client=city.vault,
                ledger=city.ledger,
                store=city.store,
                order=city.order(at(0), at(2)),
                reader=city.reader,
                out=tmp_path / "p.zip",
                clock=ManualClock(at(20)),
                stamper=Rfc3161(exchange, authority.root),
            )
        assert not list(tmp_path.glob("*.zip")) + list(tmp_path.glob(".*"))


def test_roots_and_url_must_be_what_they_claim(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_text("no certificate")
    with pytest.raises(UsageError):
        Rfc3161(lambda request: request, tmp_path / "roots.pem")
    with pytest.raises(UsageError):
        over_http("file:///etc/passwd")
