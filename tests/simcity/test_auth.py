# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sign-in: each scheme lets the right password in and nobody else."""

import av
import pytest

from machimori.simcity.auth import Credentials
from machimori.simcity.city import SimCity
from machimori.simcity.probe import Probe

SCHEMES = ["basic", "digest-md5", "digest-sha256"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_only_the_right_password_opens(scheme: str) -> None:
    with SimCity(auth=scheme) as city:
        with Probe(city.url(), credentials=city.credentials) as probe:
            assert probe.request("DESCRIBE").status == 200
            assert probe.play().status == 200
            assert probe.packets(0.2)
        wrong = Credentials(username="recorder", password="wrong")
        with Probe(city.url(), credentials=wrong) as probe:
            for method in ("DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER"):
                assert probe.request(method).status == 401
        with Probe(city.url()) as probe:
            challenge = probe.request("DESCRIBE").headers["www-authenticate"]
        assert challenge.startswith("Basic" if scheme == "basic" else "Digest")
        assert ("SHA-256" in challenge) == (scheme == "digest-sha256")


def test_a_stranger_signs_in_by_digest() -> None:
    with SimCity(auth="digest-md5") as city:
        options = {"rtsp_transport": "tcp"}
        with av.open(city.url(signed_in=True), options=options) as container:
            assert container.streams.video[0].codec_context.name == "h264"
        with pytest.raises(av.error.HTTPUnauthorizedError):
            av.open(city.url(), options=options)


def test_a_nonce_goes_stale() -> None:
    with SimCity(auth="digest-md5") as city:
        city.fault(1, "stale_nonce", uses=1)
        with Probe(city.url(), credentials=city.credentials) as probe:
            assert probe.request("DESCRIBE").status == 200
            probe.send("DESCRIBE", probe.url, {})
            reply = probe.reply()
            assert reply.status == 401
            assert "stale=true" in reply.headers["www-authenticate"]


def test_rtsps_is_trusted_through_the_authority_that_is_handed_out() -> None:
    with SimCity(tls=True) as city:
        with Probe(city.url(), ca=city.ca) as probe:
            assert probe.play().status == 200
            assert len(probe.packets(0.5)) > 3
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            Probe(city.url())


def test_the_password_is_in_no_representation() -> None:
    assert "hush" not in repr(Credentials(username="recorder", password="hush"))
