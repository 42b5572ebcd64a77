# SPDX-License-Identifier: AGPL-3.0-or-later
"""A vault's process for tests, rehearsals and benchmarks, with officers who sign what is asked."""

import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType

from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import UnavailableError
from machimori.kernel.ids import CameraId, CaseId, ClassId, OfficerId, RecorderId, SchemeId
from machimori.kernel.instants import Micros
from machimori.kernel.signing import PublicKey, SigningKey
from machimori.policy.retention import RetentionRule
from machimori.vault.client.client import VaultClient
from machimori.vault.client.signers import HoldSigners, OfficerKey, Signers
from machimori.vault.client.statements import (
    Appointment,
    Authorisation,
    CameraClass,
    Hold,
    RecorderEnrolment,
    Rules,
    Statement,
)
from machimori.vault.errors import VaultUnavailableError
from machimori.vault.sealing.bundle import KeyBundle
from machimori.vault.sealing.layout import Header

DAY = 24 * 60 * 60 * 1_000_000
EVER = Micros(0)
FAR = Micros(7_258_118_400_000_000)
"""The year 2200."""
POST = "system-manager"
HOLD_GROUND = "inquiry"
START_TIME = 30.0


def nonce() -> str:
    """A fresh nonce of 32 hexadecimal digits."""
    return secrets.token_hex(16)


class Officer:
    """An officer with an Ed25519 key."""

    def __init__(self, name: str, *, posts: tuple[str, ...] = (POST,)) -> None:
        self.id = OfficerId(name)
        self.key = SigningKey.generate()
        self.keyid = f"{name}-key"
        self.posts = posts

    def appointment(self, *, valid_from: Micros = EVER, valid_until: Micros = FAR) -> Appointment:
        """The statement that appoints this officer."""
        key = OfficerKey(keyid=self.keyid, kind="ed25519", public=self.key.public.raw)
        return Appointment(
            officer=self.id,
            keys=(key,),
            posts=self.posts,
            valid_from=valid_from,
            valid_until=valid_until,
        )

    def sign(self, envelope: Envelope) -> Envelope:
        """The envelope with this officer's signature added."""
        return envelope.signed_by(self.keyid, self.key)


def signed(statement: Statement, *officers: Officer) -> Envelope:
    """The statement, signed by all of them."""
    envelope = statement.envelope()
    for officer in officers:
        envelope = officer.sign(envelope)
    return envelope


def rules(
    scheme: str,
    retention: Mapping[str, RetentionRule],
    *,
    version: int = 1,
    signers: int = 2,
    effective_from: Micros = EVER,
    max_openings: int = 10,
    sole_signers: Mapping[str, tuple[str, ...]] | None = None,
    release_posts: Mapping[str, Signers] | None = None,
    hold_grounds: Iterable[str] = (HOLD_GROUND, "disclosure"),
    hold_days: int | None = None,
) -> Rules:
    """Rules with usual bounds; `hold_days` of each of `hold_grounds`."""
    return Rules(
        scheme=SchemeId(scheme),
        version=version,
        effective_from=effective_from,
        signer_posts=(POST,),
        release_signers=signers,
        release_posts=release_posts or {},
        sole_signers=sole_signers or {},
        hold_posts=dict.fromkeys(
            hold_grounds, HoldSigners(number=signers, posts=(POST,), days=hold_days)
        ),
        destruction_signers=signers,
        max_openings=max_openings,
        max_interval=2 * DAY,
        max_validity=30 * DAY,
        max_hold_days=365,
        retention={ClassId(name): rule for name, rule in retention.items()},
    )


def authorisation(
    *,
    scheme: str,
    cameras: Iterable[str],
    start: Micros,
    end: Micros,
    reader: bytes,
    now: Micros,
    case: str = "case-1",
    openings: int = 1,
    validity: int = DAY,
) -> Authorisation:
    """An authorisation valid from a minute ago, for `validity` µs."""
    return Authorisation(
        case=CaseId(case),
        ground="刑事訴訟法197条2項",
        scheme=SchemeId(scheme),
        cameras=tuple(CameraId(c) for c in sorted(cameras)),
        start=start,
        end=end,
        purpose="捜査",
        requester="requester-1",
        reader=reader,
        nonce=nonce(),
        valid_from=Micros(now - 60_000_000),
        valid_to=Micros(now - 60_000_000 + validity),
        openings=openings,
    )


def hold(
    *,
    scheme: str,
    cameras: Iterable[str],
    start: Micros,
    end: Micros,
    last_day: str,
    case: str = "case-1",
) -> Hold:
    """A hold for a case."""
    return Hold(
        case=CaseId(case),
        ground=HOLD_GROUND,
        scheme=SchemeId(scheme),
        cameras=tuple(CameraId(c) for c in sorted(cameras)),
        start=start,
        end=end,
        last_day=last_day,
        nonce=nonce(),
    )


def header_for(
    bundle: KeyBundle,
    camera: str,
    start: Micros,
    *,
    scheme: str = "street",
    recorder: str = "recorder-1",
    session: str = "0" * 32,
    sequence: int = 0,
    clock_bound: int | None = None,
) -> Header:
    """A segment's header as a recorder makes it from the bundle of the camera's day.

    Raises ValueError if the bundle has no key of the camera.
    """
    key = bundle.key_of(camera)
    if key is None:
        raise ValueError(f"the bundle of {bundle.day} has no key of {camera}")
    return Header(
        scheme=SchemeId(scheme),
        retention_class=bundle.retention_class,
        camera=key.camera,
        day=bundle.day,
        recorder=RecorderId(recorder),
        session=session,
        sequence=sequence,
        start=start,
        key=key.key,
        needs_predecessor=False,
        clock_bound=clock_bound,
    )


class VaultProcess:
    """Makes a vault in `directory`, serves it in a process of its own, and unlocks it.

    Three officers of the post `system-manager` are pinned, two must sign. With `now`, the vault is
    a rehearsal vault whose clock stands at `now` until `set_clock` moves it; otherwise it has the
    machine's clock. `party` is the host name and the origin of the FIDO2 signatures that count;
    `socket` is where it serves, if not below `directory`. A context manager; `kill` and `start`
    may be called in between.
    """

    def __init__(
        self,
        directory: Path,
        *,
        ledger_key: str,
        now: Micros | None = None,
        places: Iterable[str] = ("first", "second"),
        party: tuple[str, str] | None = None,
        socket: Path | None = None,
    ) -> None:
        self.home = directory / "vault"
        self.socket = socket or directory / "run" / "vault.sock"
        self.key_file = directory / "root.key"
        self.officers = tuple(Officer(f"officer-{n}") for n in (1, 2, 3))
        self.places = {name: directory / "places" / name for name in places}
        self._clock_file = directory / "clock" if now is not None else None
        self._clock_lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.client = VaultClient(self.socket)
        directory.mkdir(parents=True, exist_ok=True)
        if now is not None:
            self.set_clock(now)
        self._make(directory, ledger_key, party)

    def set_clock(self, now: Micros, *, synchronised: bool = True) -> None:
        """Move a rehearsal vault's clock, and say whether anything vouches for it."""
        if self._clock_file is None:
            raise UnavailableError("this vault has the machine's clock")
        with self._clock_lock:
            temporary = self._clock_file.with_suffix(".new")
            temporary.write_text(str(now) if synchronised else f"{now} unsynchronised")
            temporary.replace(self._clock_file)

    def submit(self, statement: Statement) -> bytes:
        """Submit a statement signed by the first two officers."""
        return self.client.submit(signed(statement, *self.officers[:2]))

    def bundle(self, retention_class: str, day: str) -> KeyBundle:
        """The bundle of a class's day, verified as a recorder does."""
        pinned = PublicKey(self.client.status().vault_key)
        return KeyBundle.verified(self.client.bundle(retention_class, day), pinned)

    def adopt(
        self,
        *,
        scheme: str,
        retention: Mapping[str, RetentionRule],
        cameras: Mapping[str, str],
        recorders: Mapping[str, bytes],
        days: int = 1,
        signers: int = 2,
        max_openings: int = 10,
        adopted: Rules | None = None,
    ) -> None:
        """Rules for a scheme (`adopted`, or usual ones), cameras, recorders with their keys.

        Then makes keys for today and the next `days` days.
        """
        usual = rules(scheme, retention, signers=signers, max_openings=max_openings)
        self.submit(adopted or usual)
        for camera, name in cameras.items():
            self.submit(
                CameraClass(
                    camera=CameraId(camera),
                    scheme=SchemeId(scheme),
                    retention_class=ClassId(name),
                    effective_from=Micros(0),
                )
            )
        for recorder, public in recorders.items():
            self.submit(
                RecorderEnrolment(
                    recorder=RecorderId(recorder), public=public, effective_from=Micros(0)
                )
            )
        self.client.make_keys(days)

    def start(self, *, unlock: bool = True) -> None:
        """Serve; returns once the socket answers. Raises UnavailableError."""
        command = [*_MACHIMORI, "vault", "serve", "--home", str(self.home)]
        command += ["--socket", str(self.socket), "--expire-every", "0"]
        if self._clock_file is not None:
            command += ["--rehearsal-clock", str(self._clock_file)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_TIME
        while True:
            try:
                self.client.status()
                break
            except VaultUnavailableError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        if unlock:
            self.client.unlock(self.key_file.read_bytes())

    @property
    def pid(self) -> int:
        """Process id of the running vault."""
        if self._process is None:
            raise UnavailableError("the vault's process does not run")
        return self._process.pid

    def kill(self) -> None:
        """kill -9."""
        self._end(lambda process: process.kill())

    def stop(self) -> None:
        """Ask the process to end, and wait."""
        self._end(lambda process: process.terminate())

    def __enter__(self) -> "VaultProcess":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        self.client.close()
        if self._process is not None:
            how(self._process)
            self._process.wait(timeout=START_TIME)
            self._process = None

    def _make(self, directory: Path, ledger_key: str, party: tuple[str, str] | None) -> None:
        self.key_file.touch(mode=0o600)
        self.key_file.write_bytes(secrets.token_bytes(32))
        command = [*_MACHIMORI, "vault", "init", "--home", str(self.home), "--quorum", "2"]
        command += ["--post", POST, "--ledger-key", ledger_key]
        command += ["--key-file", str(self.key_file)]
        if party is not None:
            command += ["--rp-id", party[0], "--origin", party[1]]
        for name, path in self.places.items():
            command += ["--place", f"{name}={path}"]
        for officer in self.officers:
            file = directory / f"{officer.id}.json"
            file.write_bytes(officer.appointment().envelope().encode())
            command += ["--officer", str(file)]
        if self._clock_file is not None:
            command += ["--rehearsal-clock", str(self._clock_file)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


_MACHIMORI = (sys.executable, "-m", "machimori.cli.main")
