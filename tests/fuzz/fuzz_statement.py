# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that the vault parses: statements, messages, bundles, epochs, records, identities."""

from collections.abc import Callable

from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, CaseId, ClassId, OfficerId, SchemeId
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.policy.retention import RetentionRule
from machimori.vault.client.identity import Certificate, Identity
from machimori.vault.client.protocol import Message
from machimori.vault.client.reader import PrivateKey
from machimori.vault.client.release import SegmentKeys
from machimori.vault.client.signers import Signers
from machimori.vault.client.standing import Standing
from machimori.vault.client.statements import (
    STATEMENTS,
    AuthorisationEnd,
    Delegation,
    Revocation,
    TimeStatement,
    parse,
)
from machimori.vault.client.testing import Officer, authorisation, hold, nonce, rules
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening import log, root
from machimori.vault.opening.charter import Charter
from machimori.vault.opening.places import Epoch
from machimori.vault.sealing.bundle import BundledKey, KeyBundle
from machimori.vault.sealing.layout import SealedHeader
from machimori.vault.sealing.skeleton import Skeleton

_KEY = SigningKey(bytes(32))
_READER = PrivateKey(bytes(96))


def one_input(data: bytes) -> None:
    for parser in _PARSERS:
        try:
            parser(data)
        except (MalformedError, VaultRefusedError):
            continue


def _message(data: bytes) -> None:
    message = Message.decode(data)
    assert Message.decode(message.encode()[4:]) == message


def _epoch(data: bytes) -> None:
    assert Epoch.decode(data).encode() == data


def _segment_keys(data: bytes) -> None:
    assert SegmentKeys.decode(data).encode() == data


def _statement(data: bytes) -> None:
    """The payload alone as each type, so that mutations need not get through base64."""
    for kind in STATEMENTS:
        envelope = Envelope(payload_type=kind.payload_type(), payload=data)
        try:
            statement = kind.decode(envelope)
        except MalformedError:
            continue
        assert statement.envelope().payload == data


def _standing(data: bytes) -> None:
    source = canonical.loads(data)
    assert Standing.from_json(source).to_json() == source


def _identity(data: bytes) -> None:
    identity = Identity.decode(data)
    assert identity.encode() == data
    identity.key_of("recorder", "recorder-1", _KEY.public)


_PARSERS: tuple[Callable[[bytes], object], ...] = (
    _message,
    _epoch,
    _segment_keys,
    _statement,
    _identity,
    _standing,
    lambda data: parse(Envelope.decode(data)),
    lambda data: Charter.decode(Envelope.decode(data)),
    lambda data: KeyBundle.verified(data, _KEY.public),
    lambda data: log.read_record(data, _KEY.public),
    lambda data: root.open_root(data, bytes(32)),
    lambda data: _READER.open(data, b"fuzz"),
    SealedHeader.decode_from,
    Skeleton.decode,
)


def seeds() -> list[bytes]:
    officer = Officer("officer-1")
    moment = Micros(1_790_000_000_000_000)
    statements = (
        officer.appointment(),
        Revocation(officer=OfficerId("officer-1"), ground="異動", nonce=nonce()),
        Delegation(
            officer=OfficerId("officer-1"),
            deputy=OfficerId("officer-2"),
            posts=("manager",),
            scheme=SchemeId("street"),
            valid_from=moment,
            valid_until=Micros(moment + 1),
            nonce=nonce(),
        ),
        TimeStatement(now=moment, nonce=nonce(), note=""),
        rules(
            "street",
            {"two-weeks": RetentionRule(days=14, count_from="next_day")},
            sole_signers={"emergency": ("police-image-manager",)},
            release_posts={"other": Signers(number=2, posts=("system-manager",))},
            hold_days=30,
        ),
        AuthorisationEnd(
            authorisation="a" * 64,
            case=CaseId("case-1"),
            scheme=SchemeId("street"),
            ground="law",
            reason="withdrawn",
            nonce=nonce(),
        ),
        authorisation(
            scheme="street",
            cameras=["cam-1", "cam-2"],
            start=moment,
            end=Micros(moment + 1),
            reader=_READER.public,
            now=moment,
        ),
        hold(
            scheme="street",
            cameras=["cam-1"],
            start=moment,
            end=Micros(moment + 1),
            last_day="2026-12-01",
        ),
    )
    key = BundledKey(
        camera=CameraId("cam-1"),
        key="cam-1/2026-11-02/0",  # type: ignore[arg-type]
        public=_READER.public,
    )
    bundle = KeyBundle(
        retention_class=ClassId("two-weeks"), day="2026-11-02", serial=0, keys=(key,)
    )
    certificate = Certificate(
        role="recorder", name="recorder-1", public=bytes(32), effective_from=0
    )
    record = log.make_record(
        signer=_KEY,
        sequence=0,
        previous="",
        kind="refusal",
        at=moment,
        subject={},
        facts={"reason": "too_few_signers"},
        body={"a": [1]},
    )
    return [
        *(s.envelope().payload for s in statements),
        *(officer.sign(s.envelope()).encode() for s in statements),
        bundle.signed(_KEY),
        Identity(
            public=_KEY.public.raw,
            certificates=(certificate.envelope().signed_by("city", _KEY),),
        ).encode(),
        record.line(),
        Epoch(name="day.two-weeks.2026-11-02", generation=3, secrets={1: bytes(32)}).encode(),
        SegmentKeys(description=bytes(32), chunks={0: bytes(32), 5: bytes(32)}).encode(),
        Message(body={"op": "submit"}, blobs=(b"", b"abc")).encode()[4:],
        root.seal_root(root.new_root(), "key-file", bytes(32)),
    ]
