# SPDX-License-Identifier: AGPL-3.0-or-later
"""A host has no right to footage whatsoever, by any request and any statement.

The host of a camera is nobody whom the vault knows. Every request of the protocol's own table and
every kind of statement has its attempts here; one that is added later without them fails the test.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, CaseId, ClassId, OfficerId, RecorderId, SchemeId
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.vault.client import protocol
from machimori.vault.client.client import VaultClient
from machimori.vault.client.protocol import Message
from machimori.vault.client.reader import Reader
from machimori.vault.client.release import Release, ReleaseRequest
from machimori.vault.client.statements import (
    STATEMENTS,
    Agreement,
    Appointment,
    Authorisation,
    AuthorisationEnd,
    CameraClass,
    Delegation,
    EarlyDestruction,
    Hold,
    HoldEnd,
    LiveView,
    Override,
    RecorderEnrolment,
    Revocation,
    Rules,
    Statement,
    TimeStatement,
)
from machimori.vault.client.testing import Officer, authorisation, hold, nonce, rules, signed
from machimori.vault.opening.handlers import HANDLERS
from machimori.vault.opening.server import Server
from machimori.vault.opening.testing import DAY, SECOND, SEVEN_DAYS, Rig
from machimori.vault.sealing.bundle import KeyBundle
from machimori.vault.sealing.seal import chunk_key, description_key

STREET = SchemeId("street")
CAMERA = CameraId("cam-1")
CASE = CaseId("case-1")
PASSWORD = b"the camera's password, which the host knows"


class Scene:
    """A city, the host of one of its cameras, and a closed segment of that camera.

    More than a host ever has: the vault's socket, the segment's frame, and a ledger that records
    and proves whatever the host wishes.
    """

    def __init__(self, rig: Rig, socket: Path) -> None:
        self.rig = rig
        self.socket = socket
        self.host = Officer("host-1")
        self.reader = Reader.generate()
        self.segment = rig.segment(CAMERA)
        self.start = self.segment.skeleton.sealed.header.start
        key = self.segment.skeleton.sealed.header.key
        epoch = f"day.two-weeks.{rig.today()}"
        data_key = self.segment.data_key
        self.secrets = {
            rig.secret,
            rig.vault._core.opened().secret,
            rig.vault._core.private_key(epoch, key).secret(),
            data_key,
            description_key(data_key),
            *(chunk_key(data_key, index) for index in range(len(self.segment.skeleton.chunks))),
        }
        self.epoch, self.key = epoch, key

    def ask(self, message: Message) -> Message:
        """What the vault answers, whatever it is."""
        with VaultClient(self.socket) as client:
            connection = client._connect()
        with connection:
            protocol.send(connection, message)
            answer = protocol.receive(connection, within=20.0)
        assert answer is not None
        return answer

    def release(self, envelope: Envelope) -> Message:
        """The request for a release, with everything on record and proven."""
        request: ReleaseRequest = self.rig.request(envelope, self.segment)
        return Message(
            body={"op": "release"},
            blobs=(
                envelope.encode(),
                request.authorisation_entry,
                request.authorisation_inclusion,
                request.opening_entry,
                request.opening_inclusion,
                request.consistency,
                *request.skeletons,
            ),
        )

    def hold(self, envelope: Envelope) -> Message:
        """The request to re-seal the segment's key to a case."""
        body: dict[str, Json] = {"op": "hold", "complete": [], "unreachable": [], "until": ""}
        return Message(body=body, blobs=(envelope.encode(), self.segment.header()))

    def hand_in(self, envelope: Envelope) -> Message:
        """The request that would make the vault obey a statement of this kind."""
        if envelope.payload_type == Authorisation.payload_type():
            return self.release(envelope)
        if envelope.payload_type == Hold.payload_type():
            return self.hold(envelope)
        return Message(body={"op": "submit"}, blobs=(envelope.encode(),))

    def too_few(self, statement: Statement) -> tuple[Officer, ...]:
        """Officers, one fewer than must sign this."""
        number = self.rig.vault._core.state.signers(statement, self.rig.clock.now()).number
        return self.rig.officers[: number - 1]

    def shows_nothing(self, answer: Message) -> None:
        """No secret is in an answer, in whichever writing."""
        data = answer.encode()
        for secret in self.secrets:
            forms = (secret, secret.hex().encode(), canonical.b64(secret).encode())
            assert not any(form in data for form in forms)


@pytest.fixture
def scene(rig: Rig, tmp_path: Path) -> Iterator[Scene]:
    path = tmp_path / "run" / "vault.sock"
    server = Server(rig.vault, path, expire_every=0)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield Scene(rig, path)
    server.stop()
    thread.join()


# What a host would sign, of every kind: each would open something or make it possible later.
WISHES: Mapping[type[Statement], Callable[[Scene], Statement]] = {
    Appointment: lambda scene: scene.host.appointment(),
    Revocation: lambda scene: Revocation(
        officer=OfficerId("officer-1"), ground="異動", nonce=nonce()
    ),
    Delegation: lambda scene: Delegation(
        officer=OfficerId("officer-1"),
        deputy=OfficerId("host-1"),
        posts=scene.rig.officers[0].appointment().posts,
        scheme=STREET,
        valid_from=Micros(0),
        valid_until=Micros(scene.rig.clock.now() + DAY),
        nonce=nonce(),
    ),
    Agreement: lambda scene: Agreement(
        scheme=STREET,
        ground="direct",
        posts=("host",),
        cameras=(CAMERA,),
        valid_from=Micros(0),
        valid_until=Micros(scene.rig.clock.now() + DAY),
    ),
    LiveView: lambda scene: LiveView(
        scheme=STREET,
        cameras=(CAMERA,),
        valid_from=Micros(0),
        valid_until=Micros(scene.rig.clock.now() + DAY),
    ),
    Rules: lambda scene: rules("street", {"two-weeks": SEVEN_DAYS}, version=9, signers=1),
    CameraClass: lambda scene: CameraClass(
        camera=CAMERA,
        scheme=STREET,
        retention_class=ClassId("one-day"),
        effective_from=scene.rig.clock.now(),
    ),
    RecorderEnrolment: lambda scene: RecorderEnrolment(
        recorder=RecorderId("recorder-9"),
        public=scene.host.key.public.raw,
        effective_from=Micros(0),
    ),
    Authorisation: lambda scene: authorisation(
        scheme="street",
        cameras=(CAMERA,),
        start=scene.start,
        end=Micros(scene.start + 6 * SECOND),
        reader=scene.reader.public.raw,
        now=scene.rig.clock.now(),
    ),
    AuthorisationEnd: lambda scene: AuthorisationEnd(
        authorisation="a" * 64,
        case=CASE,
        scheme=STREET,
        ground="law",
        reason="withdrawn",
        nonce=nonce(),
    ),
    Hold: lambda scene: hold(
        scheme="street",
        cameras=(CAMERA,),
        start=scene.start,
        end=Micros(scene.start + 6 * SECOND),
        last_day=scene.rig.today(),
    ),
    HoldEnd: lambda scene: HoldEnd(case=CASE, ground="終了", scheme=STREET, nonce=nonce()),
    EarlyDestruction: lambda scene: EarlyDestruction(
        camera=CAMERA, day=scene.rig.today(), scheme=STREET, ground="消去", nonce=nonce()
    ),
    Override: lambda scene: Override(through_day=scene.rig.today(), ground="消去", nonce=nonce()),
    TimeStatement: lambda scene: TimeStatement(
        now=Micros(scene.rig.clock.now() + DAY), nonce=nonce(), note=""
    ),
}

# Every way in which a person who was not appointed can come by signatures, and what it meets.
SIGNED: Mapping[str, tuple[Callable[[Scene, Statement], Envelope], str]] = {
    "by nobody": (lambda scene, wish: wish.envelope(), "too_few_signers"),
    "by the host alone": (lambda scene, wish: signed(wish, scene.host), "unknown_signer"),
    "by the host twice": (
        lambda scene, wish: signed(wish, scene.host, scene.host),
        "unknown_signer",
    ),
    "by the host beside officers": (
        lambda scene, wish: signed(wish, *scene.too_few(wish), scene.host),
        "unknown_signer",
    ),
    "in an officer's name": (
        lambda scene, wish: signed(wish, *scene.too_few(wish)).signed_by(
            scene.rig.officers[2].keyid, scene.host.key
        ),
        "bad_signature",
    ),
    "by officers, of something else": (
        lambda scene, wish: replace(
            wish.envelope(),
            signatures=signed(
                Revocation(officer=OfficerId("host-1"), ground="退去", nonce=nonce()),
                *scene.rig.officers[:2],
            ).signatures,
        ),
        "bad_signature",
    ),
}


@pytest.mark.parametrize("how", SIGNED)
@pytest.mark.parametrize("kind", STATEMENTS, ids=lambda kind: kind.KIND)
def test_M3_no_statement_of_a_host_is_obeyed(scene: Scene, kind: type[Statement], how: str) -> None:
    """Whatever a host states (an authorisation, a hold, an appointment of itself, new rules),
    alone, beside one officer too few or in an officer's name: the vault refuses it, says why, and
    records nothing but the refusal."""
    assert kind in WISHES, f"nobody says what happens to a host's {kind.KIND}"
    sign, reason = SIGNED[how]
    message = scene.hand_in(sign(scene, WISHES[kind](scene)))
    before = len(scene.rig.vault._core.records)
    answer = scene.ask(message)
    assert answer.body["error"]["reason"] == reason
    assert answer.blobs == ()
    scene.shows_nothing(answer)
    added = scene.rig.vault._core.records[before:]
    assert [(record.kind, record.facts["reason"]) for record in added] == [("refusal", reason)]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A request that a host makes, and the word of its refusal; empty where there is an answer,
    which opens nothing."""

    request: Callable[[Scene], Message]
    reason: str = ""


def just(op: str, *blobs: bytes, **body: Json) -> Callable[[Scene], Message]:
    """The same request in every scene."""
    return lambda scene: Message(body={**body, "op": op}, blobs=blobs)


def wish(kind: type[Statement]) -> Callable[[Scene], Message]:
    """A statement of the kind, which the host alone signed."""
    return lambda scene: scene.hand_in(signed(WISHES[kind](scene), scene.host))


def of_others(scene: Scene) -> Message:
    """An authorisation that officers gave to somebody else, with the host's reader put in."""
    given = scene.rig.authorise(scene.segment)
    mine = replace(Authorisation.decode(given), reader=scene.reader.public.raw)
    return scene.release(replace(mine.envelope(), signatures=given.signatures))


EVIDENCE = "application/vnd.machimori.evidence-statement+json"

ATTEMPTS: Mapping[str, tuple[Attempt, ...]] = {
    "attest": (
        Attempt(request=just("attest", bytes(16), b"{}", type=EVIDENCE), reason="no_release"),
    ),
    "bundle": (
        Attempt(
            request=lambda scene: Message(
                body={"op": "bundle", "class": "two-weeks", "day": scene.rig.today()}
            )
        ),
    ),
    "challenge": (Attempt(request=just("challenge")),),
    "epochs": (Attempt(request=just("epochs")),),
    "expire": (Attempt(request=just("expire")),),
    "hold": (Attempt(request=wish(Hold), reason="unknown_signer"),),
    "identity": (Attempt(request=just("identity")),),
    "journal": (Attempt(request=just("journal", since=0)),),
    "living": (
        Attempt(request=lambda scene: Message(body={"op": "living", "epoch": scene.epoch})),
    ),
    "make_keys": (Attempt(request=just("make_keys", days=2)),),
    "release": (
        Attempt(request=wish(Authorisation), reason="unknown_signer"),
        Attempt(request=of_others, reason="bad_signature"),
    ),
    "standing": (Attempt(request=just("standing")),),
    "watch": (
        Attempt(request=just("watch", scheme="street", shift="shift-1"), reason="live_forbidden"),
    ),
    "status": (Attempt(request=just("status")),),
    "submit": (
        Attempt(request=wish(Appointment), reason="unknown_signer"),
        Attempt(
            request=lambda scene: Message(
                body={"op": "submit"}, blobs=(scene.rig.authorise(scene.segment).encode(),)
            ),
            reason="not_submitted",
        ),
    ),
    "unlock": (
        Attempt(request=just("unlock", PASSWORD), reason="wrong_secret"),
        Attempt(
            request=lambda scene: Message(body={"op": "unlock"}, blobs=(scene.host.key.seed(),)),
            reason="wrong_secret",
        ),
    ),
}


@pytest.mark.parametrize("op", sorted(HANDLERS))
def test_M3_no_request_to_the_vault_opens_anything_for_a_host(scene: Scene, op: str) -> None:
    """Of everything that the vault can be asked, a host who even had its socket is refused what
    opens, with the reason; what is answered holds no key, and destroys and changes nothing."""
    assert op in ATTEMPTS, f"nobody says what a host gets from the vault's request {op!r}"
    for attempt in ATTEMPTS[op]:
        message = attempt.request(scene)
        assert message.body["op"] == op
        answer = scene.ask(message)
        scene.shows_nothing(answer)
        if attempt.reason:
            assert answer.body["error"]["reason"] == attempt.reason
            assert answer.blobs == ()
        else:
            assert "ok" in answer.body
    assert scene.key in scene.rig.vault.living(scene.epoch)
    approved = scene.rig.authorise(scene.segment)
    assert scene.rig.release(approved, scene.segment).sealed, "officers still open it"


def test_M3_a_host_reaches_none_of_the_vault_s_requests(scene: Scene, tmp_path: Path) -> None:
    """The vault serves its own account (and root) on the machine it runs on: to any other it
    answers nothing at all. Run as root, the test asks as another account."""
    for directory in (tmp_path, *tmp_path.parents, scene.socket.parent):
        if directory.stat().st_uid == os.geteuid() and directory != Path("/"):
            directory.chmod(directory.stat().st_mode | 0o011)
    scene.socket.chmod(0o666)
    messages = {op: ATTEMPTS[op][0].request(scene).encode().hex() for op in sorted(HANDLERS)}
    done = subprocess.run(
        [sys.executable, "-c", STRANGER, str(scene.socket)],
        input=json.dumps(messages),
        capture_output=True,
        text=True,
        check=True,
    )
    served: dict[str, int] = json.loads(done.stdout)
    assert set(served) == set(HANDLERS)
    stranger = os.geteuid() == 0
    assert {op for op, size in served.items() if size} == (set() if stranger else set(HANDLERS))


STRANGER = """
import json, os, socket, sys
messages = json.load(sys.stdin)
if os.geteuid() == 0:
    os.setuid(65534)
served = {}
for op, message in messages.items():
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(sys.argv[1])
        try:
            s.sendall(bytes.fromhex(message))
            served[op] = len(s.recv(1000))
        except ConnectionError:
            served[op] = 0
print(json.dumps(served))
"""


def test_M3_a_release_that_a_host_gets_hold_of_is_sealed_to_somebody_else(scene: Scene) -> None:
    """With an authorisation that was rightly given to another, a host gets what only that other
    can read."""
    given = scene.rig.authorise(scene.segment)
    answer = scene.ask(scene.release(given))
    scene.shows_nothing(answer)
    release_id, segment, sealed = answer.blobs
    release = Release(release_id=release_id, sealed={segment: sealed})
    with pytest.raises(MalformedError):
        scene.reader.open(release)
    assert scene.rig.reader.open(release)


def test_M3_no_key_bundle_of_a_host_is_sealed_to(scene: Scene) -> None:
    """A host who puts its own key into a bundle, and signs it itself or leaves the city's signature
    on it, has a bundle that no recorder takes."""
    genuine = scene.rig.bundle()
    mine = tuple(replace(key, public=scene.reader.public.raw) for key in genuine.keys)
    swapped = replace(genuine, keys=mine)
    signatures = Envelope.decode(scene.rig.vault.bundle("two-weeks", scene.rig.today())).signatures
    for forged in (
        swapped.signed(scene.host.key),
        swapped.signed(SigningKey.generate()),
        replace(swapped.envelope(), signatures=signatures).encode(),
        swapped.envelope().encode(),
    ):
        with pytest.raises(MalformedError):
            KeyBundle.verified(forged, scene.rig.city())
