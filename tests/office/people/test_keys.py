# SPDX-License-Identifier: AGPL-3.0-or-later
"""A registered key's public half is what the vault will verify with."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from fido2.cose import ES256, RS256, CoseKey, EdDSA

from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import OfficerId
from machimori.office.people import founding
from machimori.office.people.keys import spki
from machimori.office.people.softkey import SoftwareKey
from machimori.office.people.testing import Cast
from machimori.office.shared.config import OfficeConfig
from machimori.vault.client.signers import OfficerKey
from machimori.vault.opening import fido2

KEYS = [
    (ec.generate_private_key(ec.SECP256R1()).public_key(), ES256),
    (ed25519.Ed25519PrivateKey.generate().public_key(), EdDSA),
    (rsa.generate_private_key(65537, 2048).public_key(), RS256),
]


@pytest.mark.parametrize(("public", "kind"), KEYS, ids=["ES256", "EdDSA", "RS256"])
def test_a_cose_key_becomes_the_same_key_in_der(public: object, kind: Any) -> None:
    made = spki(kind.from_cryptography_key(public))
    assert load_der_public_key(made) == public


def test_another_algorithm_is_refused() -> None:
    with pytest.raises(MalformedError):
        spki(CoseKey({1: 2, 3: -35, -1: 2, -2: b"", -3: b""}))


def test_the_vault_accepts_what_a_demo_s_key_signs(
    office: ManualClock, office_config: OfficeConfig
) -> None:
    cast = Cast.of(office)
    person = cast.person("system_manager")
    credential = founding.give_demo_key(person, at=cast.now, disk=Disk())
    key = SoftwareKey.load(
        office_config.demo_keys,
        OfficerId(person.officer),
        origin=office_config.origin,
        host=office_config.host,
    )
    envelope = Envelope.of("application/vnd.machimori.test+json", {"v": 1})
    officer = OfficerKey(
        keyid=credential.keyid,
        kind="fido2",
        public=bytes(credential.spki),
        algorithm=credential.algorithm,
    )
    signed = key.sign(envelope, credential.keyid)
    counter = fido2.verify(
        officer,
        signed.signatures[0],
        envelope.digest(),
        rp_id=office_config.host,
        origins=(office_config.origin,),
    )
    assert counter == 0
