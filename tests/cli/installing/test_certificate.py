# SPDX-License-Identifier: AGPL-3.0-or-later
"""The certificate: only one of our key, our name, these days and in order is installed."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from machimori.cli.installing import certificate
from machimori.cli.installing.testing import Authority
from machimori.kernel.durable import Disk
from machimori.kernel.errors import RefusedError, UsageError

HOST = "machimori.city.test"
NOW = dt.datetime.now(dt.UTC)


def begin(directory: Path) -> Path:
    certificate.make_key(directory, Disk())
    certificate.make_request(directory, host=HOST, city="松戸市", disk=Disk())
    return directory / "tls" / "request.csr.pem"


def install(directory: Path, data: bytes) -> None:
    (directory / "given.pem").write_bytes(data)
    certificate.install(directory, directory / "given.pem", host=HOST, now=NOW, disk=Disk())


def test_request_and_key_are_made_once(tmp_path: Path) -> None:
    request = begin(tmp_path)
    before = request.read_bytes(), (tmp_path / "tls" / "key.pem").read_bytes()
    begin(tmp_path)
    assert (request.read_bytes(), (tmp_path / "tls" / "key.pem").read_bytes()) == before
    assert (tmp_path / "tls" / "key.pem").stat().st_mode & 0o777 == 0o600
    asked = x509.load_pem_x509_csr(before[0])
    named = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert named.get_values_for_type(x509.DNSName) == [HOST]
    assert HOST in certificate.instructions(tmp_path, HOST)


def test_a_chain_from_the_citys_ca_is_installed_and_renewed(tmp_path: Path) -> None:
    request, city = begin(tmp_path), Authority()
    for _ in range(2):
        signed = city.sign(request)
        install(tmp_path, signed)
        assert (tmp_path / "tls" / "certificate.pem").read_bytes() == signed


@pytest.mark.parametrize(
    ("host", "begins", "why"),
    [
        ("other.city.test", None, "not for machimori.city.test, but for other.city.test"),
        (None, NOW - dt.timedelta(days=30), "it ended on"),
        (None, NOW + dt.timedelta(days=1), "it begins on"),
    ],
)
def test_another_name_or_time_is_refused(
    tmp_path: Path, host: str | None, begins: dt.datetime | None, why: str
) -> None:
    signed = Authority().sign(begin(tmp_path), host=host, begins=begins)
    with pytest.raises(RefusedError, match=why):
        install(tmp_path, signed)
    assert not (tmp_path / "tls" / "certificate.pem").exists()


def test_another_key_is_refused(tmp_path: Path) -> None:
    begin(tmp_path / "ours")
    with pytest.raises(RefusedError, match="of another key"):
        install(tmp_path / "ours", Authority().sign(begin(tmp_path / "theirs")))


def test_a_chain_out_of_order_is_refused(tmp_path: Path) -> None:
    signed = Authority().sign(begin(tmp_path))
    (own, _) = x509.load_pem_x509_certificates(signed)
    text = own.public_bytes(serialization.Encoding.PEM) + Authority().pem
    with pytest.raises(RefusedError, match="chain is not in order"):
        install(tmp_path, text)


@pytest.mark.parametrize("data", [b"", b"\x30\x82\x01\x0a", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_no_pem_is_refused(tmp_path: Path, data: bytes) -> None:
    begin(tmp_path)
    with pytest.raises(UsageError, match="no certificates in PEM"):
        install(tmp_path, data)
