# SPDX-License-Identifier: AGPL-3.0-or-later
"""FIDO2 signatures: assertions recorded from real authenticators, and a virtual one's."""

import hashlib
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from machimori.kernel.envelope import Envelope, Signature
from machimori.kernel.ids import OfficerId
from machimori.vault.client.signers import OfficerKey
from machimori.vault.client.statements import Appointment
from machimori.vault.client.testing import EVER, FAR, POST
from machimori.vault.client.testing_fido2 import EDDSA, ES256, RS256, VirtualAuthenticator
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening import fido2
from machimori.vault.opening.officers import RelyingParty
from machimori.vault.opening.testing import Rig

PARTY = RelyingParty(rp_id="vault.example", origins=("https://vault.example",))


def unpad(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """An assertion as a browser recorded it, at http://localhost:5000, with its COSE key."""

    algorithm: int
    cose: str
    authenticator_data: str
    client_data: str
    signature: str
    challenge: str
    verified: bool
    counter: int

    def key(self) -> OfficerKey:
        raw = unpad(self.cose)
        public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
        if self.algorithm == ES256:
            x, y = raw[10:42], raw[45:77]
            numbers = ec.EllipticCurvePublicNumbers(
                int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()
            )
            public = numbers.public_key()
        elif self.algorithm == RS256:
            modulus = int.from_bytes(raw[11 : 11 + 256], "big")
            public = rsa.RSAPublicNumbers(65537, modulus).public_key()
        else:
            public = ed25519.Ed25519PublicKey.from_public_bytes(raw[10:42])
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return OfficerKey(keyid="recorded", kind="fido2", public=der, algorithm=self.algorithm)

    def envelope_signature(self) -> Signature:
        return Signature(
            keyid="recorded",
            kind="fido2",
            sig=unpad(self.signature),
            authenticator_data=unpad(self.authenticator_data),
            client_data=unpad(self.client_data),
        )


# Published with py_webauthn's tests (duo-labs, tests/test_verify_authentication_response.py).
RECORDED = {
    "ES256": Recorded(
        algorithm=ES256,
        cose=(
            "pQECAyYgASFYIFm1Py-FzzFOuwXbRbTr95SiDxuB1BkZsEEJxFhquzqkIlggL1U1T713Jo_2muzhXvpbwRNdoAs8"
            "CYK6PflvY1MBdCI"
        ),
        authenticator_data="SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFYN-Mog",
        client_data=(
            "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiNnpyU1JYOEN4d1BTWEVBclh5WEwydHBiNnJCN1N0"
            "YXIwckxWSWo1cnZmNzRtWktGNWlyNzE1WG1nejV0QV9HeUhleE40b1hmclE4ODlBclZDTGFSZEEiLCJvcmlnaW4i"
            "OiJodHRwOi8vbG9jYWxob3N0OjUwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9"
        ),
        signature=(
            "MEUCIQDBqeI274exaKWGQz37g7yo1--TVcZSCcYVftZ1AnEJkQIgNw-nlx-_U9rVfFfER8oX6BlYZTuPFyGaL_wC"
            "DY23s0E"
        ),
        challenge=(
            "6zrSRX8CxwPSXEArXyXL2tpb6rB7Star0rLVIj5rvf74mZKF5ir715Xmgz5tA_GyHexN4oXfrQ889ArVCLaRdA"
        ),
        verified=True,
        counter=1625263266,
    ),
    "RS256": Recorded(
        algorithm=RS256,
        cose=(
            "pAEDAzkBACBZAQDfV20epzvQP-HtcdDpX-cGzdOxy73WQEvsU7Dnr9UWJophEfpngouvgnRLXaEUn_d8HGkp_HIx"
            "8rrpkx4BVs6X_B6ZjhLlezjIdJbLbVeb92BaEsmNn1HW2N9Xj2QM8cH-yx28_vCjf82ahQ9gyAr552Bn96G22n8j"
            "qFRQKdVpO-f-bvpvaP3IQ9F5LCX7CUaxptgbog1SFO6FI6ob5SlVVB00lVXsaYg8cIDZxCkkENkGiFPgwEaZ7995"
            "SCbiyCpUJbMqToLMgojPkAhWeyktu7TlK6UBWdJMHc3FPAIs0lH_2_2hKS-mGI1uZAFVAfW1X-mzKL0czUm2P1Ul"
            "Uox7IUMBAAE"
        ),
        authenticator_data="SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ",
        client_data=(
            "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiaVBtQWkxUHAxWEw2b0FncTNQV1p0WlBuWmExekZV"
            "RG9HYmFRMF9LdlZHMWxGMnMzUnRfM280dVN6Y2N5MHRtY1RJcFRUVDRCVTFULUk0bWFhdm5kalEiLCJvcmlnaW4i"
            "OiJodHRwOi8vbG9jYWxob3N0OjUwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9"
        ),
        signature=(
            "iOHKX3erU5_OYP_r_9HLZ-CexCE4bQRrxM8WmuoKTDdhAnZSeTP0sjECjvjfeS8MJzN1ArmvV0H0C3yy_FdRFfcp"
            "UPZzdZ7bBcmPh1XPdxRwY747OrIzcTLTFQUPdn1U-izCZtP_78VGw9pCpdMsv4CUzZdJbEcRtQuRS03qUjqDaovo"
            "JhOqEBmxJn9Wu8tBi_Qx7A33RbYjlfyLm_EDqimzDZhyietyop6XUcpKarKqVH0M6mMrM5zTjp8xf3W7odFCadXE"
            "Jg-ERZqFM0-9Uup6kJNLbr6C5J4NDYmSm3HCSA6lp2iEiMPKU8Ii7QZ61kybXLxsX4w4Dm3fOLjmDw"
        ),
        challenge=(
            "iPmAi1Pp1XL6oAgq3PWZtZPnZa1zFUDoGbaQ0_KvVG1lF2s3Rt_3o4uSzccy0tmcTIpTTT4BU1T-I4maavndjQ"
        ),
        verified=True,
        counter=1,
    ),
    "EdDSA": Recorded(
        algorithm=EDDSA,
        cose="pAEBAycgBiFYIMz6_SUFLiDid2Yhlq0YboyJ-CDrIrNpkPUGmJp4D3Dp",
        authenticator_data="SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MBAAAABw",
        client_data=(
            "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiZVo0ZWVBM080ank1Rkl6cURhU0o2SkROR3UwYkJj"
            "NXpJMURqUV9rTHNvMVdOcWtHNms1bUNZZjFkdFFoVlVpQldaV2xaa3pSNU1GZWVXQ3BKUlVOWHciLCJvcmlnaW4i"
            "OiJodHRwOi8vbG9jYWxob3N0OjUwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9"
        ),
        signature=(
            "RRWV8mYDRvK7YdQgdtZD4pJ2dh1D_IWZ_D6jsZo6FHJBoenbj0CVT5nA20vUzlRhN4R6dOEUHmUwP1F8eRBhBg"
        ),
        challenge=(
            "eZ4eeA3O4jy5FIzqDaSJ6JDNGu0bBc5zI1DjQ_kLso1WNqkG6k5mCYf1dtQhVUiBWZWlZkzR5MFeeWCpJRUNXw"
        ),
        verified=False,
        counter=7,
    ),
}


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(VaultRefusedError) as caught:
        act()
    return caught.value.reason


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_assertions(name: str) -> None:
    """Signatures of real authenticators verify; one without user verification is refused."""
    vector = RECORDED[name]
    key, signature = vector.key(), vector.envelope_signature()

    def verify() -> int:
        return fido2.verify(
            key,
            signature,
            unpad(vector.challenge),
            rp_id="localhost",
            origins=("http://localhost:5000",),
        )

    message = signature.authenticator_data + hashlib.sha256(signature.client_data).digest()
    fido2.check_signature(key, signature.sig, message)
    if vector.verified:
        assert verify() == vector.counter
    else:
        assert refused(verify) == "fido2_user"
    altered = bytes([message[0] ^ 1]) + message[1:]
    assert refused(lambda: fido2.check_signature(key, signature.sig, altered)) == "bad_signature"


def appoint(rig: Rig, authenticator: VirtualAuthenticator, name: str) -> None:
    rig.submit(
        Appointment(
            officer=OfficerId(name),
            keys=(authenticator.officer_key(),),
            posts=(POST,),
            valid_from=EVER,
            valid_until=FAR,
        )
    )


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path, party=PARTY)
    yield rig
    rig.vault.close()


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_two_authenticators_release(city: Rig, algorithm: int) -> None:
    keys = [VirtualAuthenticator(f"token-{n}", algorithm=algorithm) for n in (1, 2)]
    for number, token in enumerate(keys):
        appoint(city, token, f"chief-{number}")
    segment = city.segment()
    plain = replace(city.authorise(segment, openings=2), signatures=())
    envelope = keys[1].sign(keys[0].sign(plain))
    assert Envelope.decode(envelope.encode()) == envelope
    assert city.release(envelope, segment).sealed
    city.restart()
    assert city.release(envelope, segment).sealed


class TestWrongAssertions:
    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            ({"present": False}, "fido2_user"),
            ({"verified": False}, "fido2_user"),
            ({"kind": "webauthn.create"}, "fido2_client_data"),
            ({"challenge": bytes(32)}, "fido2_challenge"),
        ],
    )
    def test_an_assertion_must_be_of_a_verified_user_over_this_statement(
        self, city: Rig, options: dict[str, object], reason: str
    ) -> None:
        token = VirtualAuthenticator("token-1")
        appoint(city, token, "chief-1")
        segment = city.segment()
        plain = replace(city.authorise(segment), signatures=())
        envelope = city.officers[0].sign(token.sign(plain, **options))  # type: ignore[arg-type]
        assert refused(lambda: city.release(envelope, segment)) == reason

    def test_another_site_cannot_have_it_signed(self, city: Rig) -> None:
        token = VirtualAuthenticator("token-1")
        appoint(city, token, "chief-1")
        segment = city.segment()
        plain = replace(city.authorise(segment), signatures=())
        token.origin = "https://vault.example.evil"
        phished = city.officers[0].sign(token.sign(plain))
        assert refused(lambda: city.release(phished, segment)) == "fido2_origin"
        token.origin, token.rp_id = "https://vault.example", "evil.example"
        phished = city.officers[0].sign(token.sign(plain))
        assert refused(lambda: city.release(phished, segment)) == "fido2_rp"

    def test_a_zero_counter_is_tolerated_and_a_copied_key_is_not(self, city: Rig) -> None:
        zero = VirtualAuthenticator("token-0", counter=None)
        counting = VirtualAuthenticator("token-1")
        appoint(city, zero, "chief-0")
        appoint(city, counting, "chief-1")
        segment = city.segment()
        for _ in range(2):
            plain = replace(city.authorise(segment), signatures=())
            assert city.release(zero.sign(counting.sign(plain)), segment).sealed
        city.restart()
        counting.counter = 0
        plain = replace(city.authorise(segment), signatures=())
        copied = zero.sign(counting.sign(plain))
        assert refused(lambda: city.release(copied, segment)) == "cloned_key"

    @pytest.mark.parametrize("restart", [False, True], ids=["running", "replayed"])
    def test_only_what_is_on_record_uses_a_counter(self, city: Rig, restart: bool) -> None:
        """A vault that runs on and one that reads its log know the same counters."""
        zero = VirtualAuthenticator("token-0", counter=None)
        counting = VirtualAuthenticator("token-1")
        appoint(city, zero, "chief-0")
        appoint(city, counting, "chief-1")
        segment = city.segment()
        plain = replace(city.authorise(segment, openings=99), signatures=())
        refused_one = zero.sign(counting.sign(plain))
        assert refused(lambda: city.release(refused_one, segment)) == "openings"
        if restart:
            city.restart()
        counting.counter = 0
        plain = replace(city.authorise(segment), signatures=())
        accepted = zero.sign(counting.sign(plain))
        assert counting.counter == 1
        assert city.release(accepted, segment).sealed

    def test_a_signature_that_does_not_count_uses_no_counter(self, city: Rig) -> None:
        """Nobody spoils an officer's next counter by an assertion that is not the officer's."""
        counting = VirtualAuthenticator("token-1")
        appoint(city, counting, "chief-1")
        segment = city.segment()
        plain = replace(city.authorise(segment), signatures=())
        asserted = counting.sign(plain).signatures[0]
        forged = replace(asserted, sig=bytes(len(asserted.sig)))
        for officer in city.officers[:2]:
            plain = officer.sign(plain)
        spoiling = replace(plain, signatures=(*plain.signatures, forged))
        assert city.release(spoiling, segment).sealed
        counting.counter = 0
        plain = replace(city.authorise(segment), signatures=())
        assert city.release(city.officers[0].sign(counting.sign(plain)), segment).sealed

    def test_a_vault_without_relying_party_takes_no_assertion(self, rig: Rig) -> None:
        token = VirtualAuthenticator("token-1")
        appoint(rig, token, "chief-1")
        segment = rig.segment()
        plain = replace(rig.authorise(segment), signatures=())
        envelope = rig.officers[0].sign(token.sign(plain))
        assert refused(lambda: rig.release(envelope, segment)) == "fido2_origin"

    def test_an_algorithm_is_pinned_with_its_key(self, city: Rig) -> None:
        token = VirtualAuthenticator("token-1", algorithm=EDDSA)
        wrong = replace(token.officer_key(), algorithm=ES256)
        envelope = token.sign(city.authorise(city.segment()))
        assert (
            refused(
                lambda: fido2.verify(
                    wrong,
                    envelope.signatures[-1],
                    envelope.digest(),
                    rp_id=PARTY.rp_id,
                    origins=PARTY.origins,
                )
            )
            == "bad_signature"
        )
