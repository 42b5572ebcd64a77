# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from machimori.recorder.rtsp.auth import MAX_ATTEMPTS, Authenticator, parse_challenges

RFC7616 = (
    'realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


def authenticator(cnonce: str = "c") -> Authenticator:
    return Authenticator(username="user", password="pass", cnonce=lambda: cnonce)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_vectors_of_rfc_7616_section_3_9_1(algorithm: str, response: str) -> None:
    auth = Authenticator(
        username="Mufasa",
        password="Circle of Life",
        cnonce=lambda: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert auth.challenged(["Digest " + RFC7616.format(algorithm)], refusals=1)
    header = auth.header("GET", "/dir/index.html")
    assert header is not None
    assert f'response="{response}"' in header
    assert "qop=auth, nc=00000001" in header
    assert f"algorithm={algorithm}" in header


def test_vector_of_rfc_2069() -> None:
    """The corrected example (errata 749)."""
    auth = Authenticator(username="Mufasa", password="CircleOfLife")
    assert auth.challenged(
        [
            'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
            'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
        ],
        refusals=1,
    )
    header = auth.header("GET", "/dir/index.html")
    assert header is not None
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in header
    assert "qop" not in header
    assert "cnonce" not in header


def test_basic() -> None:
    auth = Authenticator(username="Aladdin", password="open sesame")
    assert auth.header("PLAY", "rtsp://c/") is None
    assert auth.challenged(['Basic realm="x"'], refusals=1)
    assert auth.header("PLAY", "rtsp://c/") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_the_session_variant_and_the_count_of_uses() -> None:
    auth = authenticator()
    assert auth.challenged(
        ['Digest realm="r", nonce="n", algorithm=MD5-sess, qop="auth"'], refusals=1
    )
    first, second = auth.header("PLAY", "rtsp://c/"), auth.header("PLAY", "rtsp://c/")
    assert first is not None
    assert second is not None
    assert "nc=00000001" in first
    assert "nc=00000002" in second
    assert first != second
    assert "algorithm=MD5-sess" in first


def test_auth_int_alone_is_answered_because_requests_have_no_body() -> None:
    auth = authenticator()
    assert auth.challenged(['Digest realm="r", nonce="n", qop="auth-int"'], refusals=1)
    assert "qop=auth-int" in (auth.header("PLAY", "rtsp://c/") or "")


def test_several_challenges_in_one_header_and_in_several() -> None:
    joined = 'Basic realm="a, b", Digest realm="r\\"x", nonce=abc , stale=TRUE, Weird'
    found = parse_challenges([joined, 'Digest realm="s", nonce="2", algorithm="SHA-256"'])
    assert [item.scheme for item in found] == ["basic", "digest", "weird", "digest"]
    assert found[0].parameters == {"realm": "a, b"}
    assert found[1].parameters["realm"] == 'r\\"x'
    assert found[1].parameters["nonce"] == "abc"
    assert found[1].stale
    assert found[3].algorithm == "SHA-256"


def test_the_strongest_that_is_understood_wins() -> None:
    auth = authenticator()
    assert auth.challenged(
        [
            'Digest realm="r", nonce="weird", algorithm=SHA3',
            'Digest realm="r", nonce="md5"',
            'Digest realm="r", nonce="sha", algorithm=SHA-256',
            'Basic realm="r"',
        ],
        refusals=1,
    )
    assert 'nonce="sha"' in (auth.header("PLAY", "rtsp://c/") or "")


def test_who_has_asked_for_digest_gets_no_password() -> None:
    auth = authenticator()
    assert auth.challenged(['Digest realm="r", nonce="n"'], refusals=1)
    assert not auth.challenged(['Basic realm="r"'], refusals=1)
    assert (auth.header("PLAY", "rtsp://c/") or "").startswith("Digest ")


def test_refused_credentials_are_not_sent_again_unless_only_the_nonce_was_old() -> None:
    auth = authenticator()
    fresh = 'Digest realm="r", nonce="2"'
    assert auth.challenged([fresh], refusals=1)
    assert not auth.challenged([fresh], refusals=2)
    assert auth.challenged([fresh + ", stale=true"], refusals=2)
    assert not auth.challenged([fresh + ", stale=true"], refusals=MAX_ATTEMPTS + 1)


@pytest.mark.parametrize(
    "challenge", ["", "Digest", 'Digest realm="r"', "Negotiate", '"', "= ,, ="]
)
def test_what_cannot_be_answered_is_not(challenge: str) -> None:
    assert not authenticator().challenged([challenge], refusals=1)


def test_without_credentials_nothing_is_sent() -> None:
    auth = Authenticator(username="", password="")
    assert not auth.challenged(['Basic realm="r"'], refusals=1)
    assert auth.header("PLAY", "rtsp://c/") is None


def test_a_long_challenge_costs_no_more_than_its_length() -> None:
    parse_challenges(["Digest " + '="' * 8_000, "a" * 16_000, 'a="' + "\\" * 16_000])
