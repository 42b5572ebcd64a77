# SPDX-License-Identifier: AGPL-3.0-or-later
"""The attacker owns store, database and the office's place, and steals a recorder.

That is every file but the vault's and the signer's directories, the database's superuser, and the
sockets that a web server could reach. Each attempt on a running city fails, and says why.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest

from machimori.cli.demo.acting import (
    Stored,
    approve,
    ask,
    authorise,
    segments,
    until,
    wait_for_footage,
)
from machimori.cli.demo.city import DAY, RETENTION_CLASS, SCHEME, City
from machimori.footage.sealer import sign_trailer
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros, local_day, rfc3339
from machimori.kernel.signing import PublicKey, SigningKey
from machimori.ledger.entry import Entry
from machimori.ledger.errors import (
    AlteredLedgerError,
    LedgerError,
    NotIncludedError,
    RollbackError,
)
from machimori.ledger.postgres.server import DATABASE
from machimori.ledger.testing import LedgerProcess
from machimori.policy.retention import RetentionRule
from machimori.vault.client.asking import ask_release, authorisation_entry
from machimori.vault.client.reader import Reader
from machimori.vault.client.release import Release, ReleaseRequest
from machimori.vault.client.statements import Authorisation, CameraClass
from machimori.vault.client.testing import Officer, hold, rules, signed
from machimori.vault.errors import VaultRefusedError
from machimori.vault.sealing.bundle import KeyBundle
from machimori.vault.sealing.layout import SealedHeader
from machimori.vault.sealing.skeleton import Skeleton

pytestmark = pytest.mark.long

KEEP = RetentionRule(days=7, count_from="recording_day")
SEGMENTS = 3
"""Closed segments of each camera, at least."""


def refused(act: Callable[[], object]) -> str:
    """The word of the vault's refusal."""
    with pytest.raises(VaultRefusedError) as caught:
        act()
    return caught.value.reason


class Scene:
    """A city that records on, with closed segments of both cameras."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.mine, self.other = city.cameras
        self.reader = Reader.generate()
        self.cases = 0

    @property
    def recorder_key(self) -> SigningKey:
        """The recorder's signing key, from its stolen disk."""
        return SigningKey((self.city.directory / "recorder" / "recorder.key").read_bytes())

    def stored(self, camera: str) -> list[Stored]:
        return segments(self.city.store, camera)

    def approval(self, stored: Stored, *, openings: int = 1) -> Envelope:
        """Leave, rightly given, to open one segment of a camera."""
        self.cases += 1
        name = stored.name
        statement = authorise(
            self.city,
            self.reader,
            [name.camera],
            name.first,
            Micros(name.last + 1),
            case=f"case-{self.cases}",
        )
        return approve(self.city, replace(statement, openings=openings))

    def request(self, approval: Envelope, *skeletons: Skeleton) -> ReleaseRequest:
        """Everything that the vault wants, on record and proven, but not yet asked."""
        kept = Keeping(self)
        with pytest.raises(Kept):
            ask_release(
                kept,
                self.city.ledger,
                approval,
                [skeleton.encode() for skeleton in skeletons],
                clock=self.city.clock,
                timeout=30.0,
            )
        assert kept.request is not None
        return kept.request

    def release(self, approval: Envelope, *skeletons: Skeleton) -> Release:
        return self.city.vault.release(self.request(approval, *skeletons))


class Kept(Exception):  # noqa: N818 – ends the asking before the vault is asked
    pass


class Keeping:
    """Stands before the vault and keeps what it would be asked."""

    def __init__(self, scene: Scene) -> None:
        self.request: ReleaseRequest | None = None
        self.status = scene.city.vault.status
        self.challenge = scene.city.vault.challenge

    def release(self, request: ReleaseRequest) -> Release:
        self.request = request
        raise Kept


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with City(tmp_path_factory.mktemp("attacked") / "city", cameras=2, days_ago=3) as city:
        scene = Scene(city)
        for count in range(1, SEGMENTS + 1):
            wait_for_footage(city, seconds=0.5)
            for camera in city.cameras:
                city.simulated.fault(camera, "reboot", seconds=0.3)
            until(
                "closed segments",
                lambda n=count: all(len(scene.stored(c)) >= n for c in city.cameras),  # type: ignore[misc]
            )
        wait_for_footage(city, seconds=0.5)
        yield scene


def resigned(skeleton: Skeleton, sealed: SealedHeader, key: SigningKey) -> Skeleton:
    """The chunks of a segment under another header, signed anew."""
    trailer = replace(skeleton.end.trailer, segment=sealed.segment_id().hex())
    return replace(skeleton, sealed=sealed, end=sign_trailer(trailer, key))


class TestSegments:
    def test_P1_a_forged_header_opens_nothing(self, scene: Scene) -> None:
        """A header is moved to the approved time, or to the approved camera: without the recorder's
        key the frame is not the recorder's, and with it the sealed key is not that camera's."""
        allowed, wanted = scene.stored(scene.mine)[0], scene.stored(scene.other)[0]
        approval = scene.approval(allowed)
        later = scene.stored(scene.mine)[1].reader.skeleton()
        header = replace(later.sealed.header, start=allowed.reader.sealed.header.start)
        moved = replace(later.sealed, header=header)
        stranger = resigned(later, moved, SigningKey.generate())
        assert refused(lambda: scene.release(approval, stranger)) == "forged_segment"
        skeleton = wanted.reader.skeleton()
        header = replace(skeleton.sealed.header, camera=CameraId(scene.mine))
        forged = replace(skeleton.sealed, header=header)
        stolen = resigned(skeleton, forged, scene.recorder_key)
        assert refused(lambda: scene.release(approval, stolen)) == "wrong_key"

    def test_a_sealed_key_does_not_move_to_another_segment(self, scene: Scene) -> None:
        allowed, wanted = (stored.reader.skeleton() for stored in scene.stored(scene.mine)[:2])
        approval = scene.approval(scene.stored(scene.mine)[0])
        moved = replace(allowed.sealed, sealed_key=wanted.sealed.sealed_key)
        forged = resigned(allowed, moved, scene.recorder_key)
        assert refused(lambda: scene.release(approval, forged)) == "moved_key"

    def test_what_was_not_approved_stays_closed(self, scene: Scene) -> None:
        first, second = scene.stored(scene.mine)[:2]
        approval = scene.approval(first)
        later = second.reader.skeleton()
        assert refused(lambda: scene.release(approval, later)) == "outside_interval"
        other = scene.stored(scene.other)[0].reader.skeleton()
        assert refused(lambda: scene.release(approval, other)) == "wrong_camera"


class TestAuthorisations:
    def test_replayed_it_opens_no_more_than_it_says(self, scene: Scene) -> None:
        stored = scene.stored(scene.mine)[0]
        approval, skeleton = scene.approval(stored, openings=2), stored.reader.skeleton()
        request = scene.request(approval, skeleton)
        assert scene.city.vault.release(request).sealed
        assert refused(lambda: scene.city.vault.release(request)) == "stale_challenge"
        assert scene.release(approval, skeleton).sealed
        assert refused(lambda: scene.release(approval, skeleton)) == "openings_used_up"

    @pytest.mark.parametrize("member", ["interval", "cameras", "openings", "reader"])
    def test_P1_changed_after_signing_it_has_no_signature(self, scene: Scene, member: str) -> None:
        """Interval, cameras, openings or reader changed by whoever holds the office's database:
        the officers' signatures are over another statement."""
        stored = scene.stored(scene.mine)[0]
        approval = scene.approval(stored)
        statement = Authorisation.decode(approval)
        changed = {
            "interval": replace(statement, end=Micros(statement.end + 3600 * 1_000_000)),
            "cameras": replace(statement, cameras=(CameraId(scene.mine), CameraId(scene.other))),
            "openings": replace(statement, openings=9),
            "reader": replace(statement, reader=Reader.generate().public.raw),
        }[member]
        widened = replace(changed.envelope(), signatures=approval.signatures)
        skeleton = stored.reader.skeleton()
        assert refused(lambda: scene.release(widened, skeleton)) == "bad_signature"

    def test_one_officer_and_a_stranger_are_not_two_officers(self, scene: Scene) -> None:
        stored = scene.stored(scene.mine)[0]
        alone = replace(scene.approval(stored), signatures=scene.approval(stored).signatures[:0])
        alone = scene.city.officers[0].sign(alone)
        skeleton = stored.reader.skeleton()
        assert refused(lambda: scene.release(alone, skeleton)) == "too_few_signers"
        both = Officer("officer-2").sign(alone)
        assert refused(lambda: scene.release(both, skeleton)) == "bad_signature"
        stranger = Officer("mallory").sign(alone)
        assert refused(lambda: scene.release(stranger, skeleton)) == "unknown_signer"

    def test_A2_a_release_in_other_hands_is_of_no_use(self, scene: Scene) -> None:
        """What is taken out can be viewed with the reader that the approval names, and with no
        other: keys leave the vault sealed to it."""
        stored = scene.stored(scene.mine)[0]
        release = scene.release(scene.approval(stored), stored.reader.skeleton())
        with pytest.raises(MalformedError):
            Reader.generate().open(release)


class TestTheOfficesPlace:
    def test_P1_the_vault_s_socket_alone_decides_nothing(self, scene: Scene) -> None:
        """Whoever sits where the web server sits can ask the vault anything; what matters needs
        the officers' signatures."""
        vault = scene.city.vault
        mallory = Officer("mallory")
        camera = CameraClass(
            camera=CameraId(scene.mine),
            scheme=rules("mine", {}).scheme,
            retention_class=next(iter(rules("mine", {RETENTION_CLASS: KEEP}).retention)),
            effective_from=Micros(0),
        )
        weaker = rules(SCHEME, {RETENTION_CLASS: KEEP}, version=2, signers=1)
        for statement in (mallory.appointment(), weaker, camera):
            assert refused(partial(vault.submit, statement.envelope())) == "too_few_signers"
            forged = signed(statement, mallory, scene.city.officers[0])
            assert refused(partial(vault.submit, forged)) == "unknown_signer"
        start = scene.stored(scene.mine)[0].name.first
        last = local_day(scene.city.clock.now()).isoformat()
        wish = hold(
            scheme=SCHEME,
            cameras=[scene.mine],
            start=start,
            end=Micros(start + 1_000_000),
            last_day=last,
        )
        assert refused(lambda: vault.hold(wish.envelope(), [])) == "too_few_signers"
        kind = "application/vnd.machimori.evidence-statement+json"
        assert refused(lambda: vault.attest(bytes(16), kind, b"{}")) == "no_release"

    def test_P3_a_database_rewritten_by_its_superuser_proves_nothing(self, scene: Scene) -> None:
        """The entry of an approval is exchanged for another in the database: the signer signs
        nothing more, so nothing opens, and the ledger's check says that it was altered."""
        city = scene.city
        stored = scene.stored(scene.mine)[0]
        approval = scene.approval(stored)
        entry = authorisation_entry(approval, city.clock)
        city.ledger.append(entry)
        place = city.ledger.wait(entry.id, 30.0).index
        other = Entry(type=entry.type, at=entry.at, id=entry.id, subject=entry.subject)
        superuser = city.ledger_process.server.superuser(DATABASE)
        change = "UPDATE ledger.entry SET body = %s WHERE index = %s"
        with psycopg.connect(superuser) as connection:
            connection.execute(change, (other.encode(), place))
        try:
            with pytest.raises(NotIncludedError):
                ask(city, approval, [stored], timeout=2.0)
            assert city.ledger_process.sequencer.wait(60) == RollbackError.exit_code
            command = [
                *MACHIMORI,
                "ledger",
                "verify",
                "--directory",
                str(city.directory / "ledger"),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == AlteredLedgerError.exit_code, done.stdout + done.stderr
        finally:
            with psycopg.connect(superuser) as connection:
                connection.execute(change, (entry.encode(), place))
            city.ledger_process.stop_sequencer()
            city.ledger_process.start_sequencer()
        assert until("the ledger", lambda: opened(scene, approval, stored), every=1.0)


MACHIMORI = (sys.executable, "-m", "machimori.cli.main")


class TestStore:
    """What is done to the files is done to a copy, so that the city stays as it is."""

    @pytest.fixture
    def check(self, scene: Scene, tmp_path: Path) -> Callable[[Callable[[Path], None]], set[str]]:
        def run(harm: Callable[[Path], None]) -> set[str]:
            copy = tmp_path / "store"
            shutil.copytree(scene.city.directory / "store", copy)
            harm(copy)
            spool = tmp_path / "spool"
            spool.mkdir()
            command = [*MACHIMORI, "footage", "check", "--store", str(copy), "--json"]
            command += ["--vault", str(scene.city.vault_process.socket), "--spool", str(spool)]
            command += ["--at", rfc3339(scene.city.clock.now())]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            answer = json.loads(done.stdout)
            assert done.returncode == answer["exit_code"]
            return {finding["verdict"] for finding in answer["findings"]}

        return run

    def test_untouched_it_is_sound(
        self, check: Callable[[Callable[[Path], None]], set[str]]
    ) -> None:
        assert check(lambda store: None) == set()

    def test_a_segment_taken_away_is_missing(
        self, scene: Scene, check: Callable[[Callable[[Path], None]], set[str]]
    ) -> None:
        taken = str(scene.stored(scene.mine)[1].name)
        assert check(lambda store: (store / taken).unlink()) == {"missing"}

    def test_segments_in_each_other_s_place_are_reordered(
        self, scene: Scene, check: Callable[[Callable[[Path], None]], set[str]]
    ) -> None:
        first, second = (str(stored.name) for stored in scene.stored(scene.mine)[:2])

        def swap(store: Path) -> None:
            (store / first).rename(store / "between")
            (store / second).rename(store / first)
            (store / "between").rename(store / second)

        assert "reordered" in check(swap)

    def test_a_segment_shown_twice_is_a_duplicate(
        self, scene: Scene, check: Callable[[Callable[[Path], None]], set[str]]
    ) -> None:
        name = scene.stored(scene.mine)[0].name
        later = replace(name, first=Micros(name.first + 1), last=Micros(name.last + 1))

        def repeat(store: Path) -> None:
            shutil.copy(store / str(name), store / str(later))

        assert check(repeat) == {"duplicated"}

    def test_a_changed_byte_is_damage(
        self, scene: Scene, check: Callable[[Callable[[Path], None]], set[str]]
    ) -> None:
        name = str(scene.stored(scene.mine)[0].name)

        def flip(store: Path) -> None:
            data = bytearray((store / name).read_bytes())
            data[len(data) // 2] ^= 1
            (store / name).chmod(0o600)
            (store / name).write_bytes(data)

        assert check(flip) == {"damaged"}


def in_memory(pid: int, needles: set[bytes]) -> set[bytes]:
    """Which of these are anywhere in what a process may write to."""
    found: set[bytes] = set()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            start, end = (int(text, 16) for text in span.split("-"))
            if rights.startswith("rw") and "[v" not in line:
                file.seek(start)
                block = file.read(end - start)
                found |= {needle for needle in needles if needle in block}
    return found


def bundle_of(city: City, data: bytes) -> KeyBundle:
    return KeyBundle.verified(data, PublicKey(city.vault.status().vault_key))


class TestStolenRecorder:
    def test_A6_P8_disk_and_memory_of_a_recorder_open_nothing_that_was_closed(
        self, scene: Scene
    ) -> None:
        """A recorder stolen while it runs, with its disk, the store and its memory, gives away no
        key of any closed segment; and no picture lies anywhere in the clear."""
        city = scene.city
        secrets: set[bytes] = set()
        for stored in scene.stored(scene.mine):
            release = ask(city, scene.approval(stored), [stored]).release
            for keys in scene.reader.open(release).values():
                secrets |= {keys.description, *keys.chunks.values()}
        assert len(secrets) > SEGMENTS
        today = local_day(city.clock.now()).isoformat()
        public = bundle_of(city, city.vault.bundle(RETENTION_CLASS, today)).keys[0].public
        assert in_memory(city.recorder_pid, {public}), "the search finds what is there"
        assert in_memory(city.recorder_pid, secrets) == set()
        truth = city.simulated.truth(scene.mine)
        slices = [max(picture.units, key=len) for picture in truth.clip.pictures]
        shown = [unit[len(unit) // 2 :][:32] for unit in slices if len(unit) > 200]
        assert shown
        for path in sorted(city.directory.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                assert not any(secret in data for secret in secrets), path
                assert not any(piece in data for piece in shown), path

    def test_P8_a_recorder_refuses_keys_that_are_not_the_vault_s(self, scene: Scene) -> None:
        """Key bundles on its disk are exchanged for the attacker's: it seals to none of them, and
        says that it has no key."""
        city = scene.city
        mine = Reader.generate()
        keys = city.directory / "recorder" / "keys"
        (path,) = keys.glob("*.json")
        genuine = path.read_bytes()
        bundle = bundle_of(city, genuine)
        swapped = replace(
            bundle, keys=tuple(replace(key, public=mine.public.raw) for key in bundle.keys)
        )
        before = len(segments(city.store))
        for forged in (
            swapped.signed(SigningKey.generate()),
            replace(swapped.envelope(), signatures=Envelope.decode(genuine).signatures).encode(),
        ):
            city.stop_recorder()
            path.write_bytes(forged)
            before = max(before, len(segments(city.store)))
            city.start_recorder()
            until("the gap", lambda: causes(city) == {"no_key"})
            city.stop_recorder()
            assert len(segments(city.store)) == before
            log = (city.directory / "recorder" / "recorder.log").read_text()
            assert "not signed by the pinned vault key" in log
        path.write_bytes(genuine)
        city.start_recorder()
        wait_for_footage(city, seconds=0.3)


def causes(city: City) -> set[str]:
    """Why nothing is recorded, of every camera."""
    return {
        camera["gap"]["cause"] if camera["gap"] else ""
        for camera in city.health()["cameras"].values()
    }


class TestClocks:
    def test_setting_the_recorder_s_clock_moves_no_footage_to_another_day(
        self, scene: Scene
    ) -> None:
        city = scene.city
        days = {stored.name.day for stored in segments(city.store)}
        for seconds in (10.0 * DAY, -10.0 * DAY):
            city.disturb_recorder_clock(seconds)
            until("the doubt", lambda: "jumped" in city.health()["recorder"]["clock_problem"])
            wait_for_footage(city, seconds=0.3)
        city.stop_recorder()
        city.start_recorder(clock_error=-10.0 * DAY)
        until("the gap", lambda: causes(city) == {"clock"})
        city.stop_recorder()
        assert {stored.name.day for stored in segments(city.store)} <= days | {
            local_day(city.clock.now()).isoformat()
        }
        city.start_recorder()
        wait_for_footage(city, seconds=0.3)


class TestLedgerRolledBack:
    def test_P3_an_old_checkpoint_is_refused_by_the_vault(self, scene: Scene) -> None:
        """Proofs from before what the vault has seen are those of a ledger that was set back."""
        stored = scene.stored(scene.mine)[0]
        old = scene.request(scene.approval(stored), stored.reader.skeleton())
        assert scene.release(scene.approval(stored), stored.reader.skeleton())
        assert refused(lambda: scene.city.vault.release(old)) == "ledger_rolled_back"

    def test_P3_a_restored_database_is_refused_by_the_signer(self, scene: Scene) -> None:
        """Last night's copy of the database is put in place of today's: the signer signs nothing
        more, nothing opens, and the true database brings everything back."""
        city = scene.city
        process = city.ledger_process
        cluster = process.home.cluster
        old, new = city.directory / "old-cluster", city.directory / "new-cluster"
        replaced(process, cluster, keep=old, put=None)
        entry = Entry(type="refusal", at=city.clock.now())
        city.ledger.append(entry)
        city.ledger.wait(entry.id, 30.0)
        replaced(process, cluster, keep=new, put=old)
        assert process.sequencer.wait(60) == RollbackError.exit_code
        assert "shrank" in process.log()
        stored = scene.stored(scene.mine)[0]
        approval = scene.approval(stored)
        with pytest.raises(NotIncludedError):
            ask(city, approval, [stored], timeout=1.0)
        replaced(process, cluster, keep=None, put=new)
        until("the ledger", lambda: opened(scene, approval, stored), every=1.0)


def opened(scene: Scene, approval: Envelope, stored: Stored) -> bool:
    try:
        return bool(ask(scene.city, approval, [stored], timeout=5.0).release.sealed)
    except LedgerError:
        return False


def replaced(process: LedgerProcess, cluster: Path, *, keep: Path | None, put: Path | None) -> None:
    """Stop the ledger, copy its database away, put another in its place, start it."""
    process.stop_sequencer()
    process.server.stop()
    if keep is not None:
        subprocess.run(["cp", "-a", str(cluster), str(keep)], check=True)
    if put is not None:
        shutil.rmtree(cluster)
        subprocess.run(["cp", "-a", str(put), str(cluster)], check=True)
    process.server.start()
    process.start_sequencer()


class TestVaultClock:
    # Last, because the vault refuses the true time once it has recorded refusals in the future.
    def test_P2_setting_the_vault_s_clock_destroys_nothing_and_opens_nothing(
        self, scene: Scene
    ) -> None:
        """Days ahead or back, keys that are not due by what the vault has seen stay, and an
        authorisation that is valid today is not."""
        city = scene.city
        stored = scene.stored(scene.mine)[0]
        city.stop_recorder()
        request = scene.request(scene.approval(stored), stored.reader.skeleton())
        epochs = city.vault.epochs()
        for seconds, opening, expiry in (
            (-20.0 * DAY, "clock_behind", "clock_behind"),
            (20.0 * DAY, "not_valid_now", "beyond_one_day"),
        ):
            city.disturb_vault_clock(seconds=seconds)
            assert refused(city.vault.expire) == expiry
            assert refused(lambda: city.vault.release(request)) == opening
        assert city.vault.epochs() == epochs
