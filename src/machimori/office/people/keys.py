# SPDX-License-Identifier: AGPL-3.0-or-later
"""FIDO2 keys: registering and signing in, by Yubico's python-fido2 (WebAuthn Level 2, 7.1, 7.2).

A key must verify its user (PIN or fingerprint) and find its own credential, so that nobody types a
name. Attestation is not asked for: a city buys keys of any maker. Only algorithms that the vault
verifies are accepted. The state between the two halves of a ceremony stays in the session.
"""

from collections.abc import Callable, Iterable, Mapping
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
from machimori.vault.client.signers import OfficerKey

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
        options, state = self._server.register_begin(
            PublicKeyCredentialUserEntity(
                id=person.officer.encode(), name=person.login, display_name=person.login
            ),
            credentials=_own(person),
            resident_key_requirement=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return dict(options), dict(state)

    def begin_device(self, name: str) -> tuple[dict[str, Any], State]:
        """Options and state for the key that stays with a computer: touched, without a PIN, so
        that whoever works there proves the computer and never a person."""
        options, state = self._server.register_begin(
            PublicKeyCredentialUserEntity(id=name.encode(), name=name, display_name=name),
            resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.DISCOURAGED,
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
        options, state = self._server.authenticate_begin(
            _own(person),
            user_verification=UserVerificationRequirement.REQUIRED,
            challenge=challenge,
        )
        return dict(options), dict(state)

    def complete_sign_in(self, state: State, response: Mapping[str, Any]) -> tuple[bytes, int]:
        """Credential id and counter of the key that answered, once its signature was checked
        against what `credential` finds. Raises ActionRefusedError."""
        return self._complete(state, response, _cose_of_person)

    def begin_presence(self, known: Iterable[bytes]) -> tuple[dict[str, Any], State]:
        """Options and state: one of these keys of computers is touched."""
        options, state = self._server.authenticate_begin(
            [_descriptor(one) for one in known],
            user_verification=UserVerificationRequirement.DISCOURAGED,
        )
        return dict(options), dict(state)

    def complete_presence(
        self, state: State, response: Mapping[str, Any], cose_of: Callable[[bytes], bytes | None]
    ) -> bytes:
        """Credential id of the computer's key that answered. Raises ActionRefusedError."""
        return self._complete(state, response, cose_of)[0]

    def _complete(
        self, state: State, response: Mapping[str, Any], cose_of: Callable[[bytes], bytes | None]
    ) -> tuple[bytes, int]:
        try:
            answer = AuthenticationResponse.from_dict(response)
            found = cose_of(answer.raw_id)
            if found is None:
                raise _refused(_t("このキーは登録されていません"))
            cose: Any = cbor.decode(found)
            attested = AttestedCredentialData.create(bytes(16), answer.raw_id, CoseKey.parse(cose))
            self._server.authenticate_complete(state, [attested], response)
            return answer.raw_id, answer.response.authenticator_data.counter
        except (ValueError, KeyError, TypeError) as error:
            raise _refused(_t("キーを確かめられませんでした")) from error


def _cose_of_person(credential_id: bytes) -> bytes | None:
    found = Credential.objects.filter(credential_id=credential_id, revoked_at__isnull=True).first()
    return bytes(found.cose) if found else None


def _own(person: Person) -> list[PublicKeyCredentialDescriptor]:
    found = person.credentials.filter(revoked_at__isnull=True)
    return [_descriptor(bytes(credential.credential_id)) for credential in found]


def _descriptor(credential_id: bytes) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=credential_id)


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
