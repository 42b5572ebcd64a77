# SPDX-License-Identifier: AGPL-3.0-or-later
"""FIDO2 keys: registering and signing in, by Yubico's python-fido2 (WebAuthn Level 2, 7.1, 7.2).

A key must verify its user (PIN or fingerprint) and find its own credential, so that nobody types a
name. Attestation is not asked for: a city buys keys of any maker. Only algorithms that the vault
verifies are accepted. The state between the two halves of a ceremony stays in the session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils.translation import gettext as _t
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from machimori.kernel.errors import MalformedError
from machimori.office.people.models import Credential, Person
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.vault.client.statements import OfficerKey

EDDSA: Final = -8
ES256: Final = -7
RS256: Final = -257
ALGORITHMS: Final = (EDDSA, ES256, RS256)

State = dict[str, Any]
"""What a ceremony must remember; JSON, for the session."""


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """What a registration brought, checked."""

    credential_id: bytes
    cose: bytes
    spki: bytes
    algorithm: int
    counter: int


def officer_key(credential: Credential) -> OfficerKey:
    """A person's key as the vault's appointments name it."""
    return OfficerKey(
        keyid=credential.keyid,
        kind="fido2",
        public=bytes(credential.spki),
        algorithm=credential.algorithm,
    )


class Keys:
    """Ceremonies at one origin."""

    def __init__(self, *, origin: str, host: str) -> None:
        entity = PublicKeyCredentialRpEntity(id=host, name="街守")
        self._server = Fido2Server(entity, verify_origin=lambda found: found == origin)
        self._server.allowed_algorithms = [
            PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=algorithm)
            for algorithm in ALGORITHMS
        ]

    def begin_registration(self, person: Person) -> tuple[dict[str, Any], State]:
        """Options for the browser, and the state. The key is told no name, only the login."""
        known = [
            PublicKeyCredentialDescriptor(
                type=PublicKeyCredentialType.PUBLIC_KEY, id=bytes(credential.credential_id)
            )
            for credential in person.credentials.filter(revoked_at__isnull=True)
        ]
        options, state = self._server.register_begin(
            PublicKeyCredentialUserEntity(
                id=person.officer.encode(), name=person.login, display_name=person.login
            ),
            credentials=known,
            resident_key_requirement=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return dict(options), dict(state)

    def complete_registration(self, state: State, response: Mapping[str, Any]) -> NewKey:
        """The new key. Raises ActionRefusedError if anything about it is wrong."""
        try:
            data = self._server.register_complete(state, response).credential_data
            assert data is not None
            return NewKey(
                credential_id=data.credential_id,
                cose=cbor.encode(dict(data.public_key)),
                spki=spki(data.public_key),
                algorithm=int(data.public_key[3]),
                counter=0,
            )
        except (ValueError, KeyError, TypeError, MalformedError) as error:
            raise _refused(_t("このキーは登録できません")) from error

    def begin_sign_in(self) -> tuple[dict[str, Any], State]:
        """Options for the browser, and the state: any key of this office may answer."""
        options, state = self._server.authenticate_begin(
            user_verification=UserVerificationRequirement.REQUIRED
        )
        return dict(options), dict(state)

    def begin_signature(self, person: Person, challenge: bytes) -> tuple[dict[str, Any], State]:
        """Options for the browser, and the state: a key of this person signs `challenge`.

        `complete_sign_in` takes the answer."""
        own = [
            PublicKeyCredentialDescriptor(
                type=PublicKeyCredentialType.PUBLIC_KEY, id=bytes(credential.credential_id)
            )
            for credential in person.credentials.filter(revoked_at__isnull=True)
        ]
        options, state = self._server.authenticate_begin(
            own, user_verification=UserVerificationRequirement.REQUIRED, challenge=challenge
        )
        return dict(options), dict(state)

    def complete_sign_in(self, state: State, response: Mapping[str, Any]) -> tuple[bytes, int]:
        """Credential id and counter of the key that answered, once its signature was checked
        against what `credential` finds. Raises ActionRefusedError."""
        try:
            answer = AuthenticationResponse.from_dict(response)
            credential = Credential.objects.filter(
                credential_id=answer.raw_id, revoked_at__isnull=True
            ).first()
            if credential is None:
                raise _refused(_t("このキーは登録されていません"))
            cose: Any = cbor.decode(bytes(credential.cose))
            attested = AttestedCredentialData.create(bytes(16), answer.raw_id, CoseKey.parse(cose))
            self._server.authenticate_complete(state, [attested], response)
            return answer.raw_id, answer.response.authenticator_data.counter
        except (ValueError, KeyError, TypeError) as error:
            raise _refused(_t("キーを確かめられませんでした")) from error


def spki(key: CoseKey) -> bytes:
    """A COSE_Key as DER SubjectPublicKeyInfo. Raises MalformedError for other algorithms."""
    public: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
    algorithm = key.get(3)
    if algorithm == ES256 and key.get(-1) == 1:
        x, y = (int.from_bytes(key[name], "big") for name in (-2, -3))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    elif algorithm == EDDSA and key.get(-1) == 6:
        public = ed25519.Ed25519PublicKey.from_public_bytes(key[-2])
    elif algorithm == RS256:
        n, e = (int.from_bytes(key[name], "big") for name in (-1, -2))
        public = rsa.RSAPublicNumbers(e, n).public_key()
    else:
        raise MalformedError("a key of another algorithm", where=str(algorithm)[:10])
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _refused(heading: str) -> ActionRefusedError:
    return ActionRefusedError(
        heading,
        Reason(text=_t("もう一度ためすか、管理責任者に登録コードを出してもらってください。")),
    )
