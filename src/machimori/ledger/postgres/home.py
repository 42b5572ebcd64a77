# SPDX-License-Identifier: AGPL-3.0-or-later
"""A ledger's directory: what it is, who may connect as whom, and its first set-up.

    ledger.json     the log's name and public key, where its database is (no secret)
    secrets/        a password for each role, mode 0600: superuser, sequencer, office
    signer/         the signer's key and last checkpoint (ledger/signer.py)
    postgres/       the embedded cluster, unless the database is elsewhere

The superuser's password is read by whoever starts the embedded server, by nobody else. The roles
are the database's: `machimori_office` appends and reads, `machimori_sequencer` places entries,
`machimori_ledger` owns the tables and cannot log in. Roles belong to a whole server; on one that is
not the ledger's own, their names end with a tag of the ledger's key, so that a second ledger there
has its own.
"""

import hashlib
import importlib.resources
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MalformedError
from machimori.kernel.signing import PublicKey
from machimori.ledger.checkpoint import LogKey, check_name
from machimori.ledger.errors import LedgerError, LedgerUnavailableError, MalformedLedgerError
from machimori.ledger.postgres.client import Ledger
from machimori.ledger.postgres.pending import unavailable
from machimori.ledger.postgres.roles import make_database, make_roles
from machimori.ledger.postgres.server import DATABASE, EmbeddedServer, socket_directory
from machimori.ledger.postgres.snapshot import Snapshot
from machimori.ledger.signer import Signer

FORMAT: Final = "machimori.ledger/1"
Role = Literal["office", "sequencer"]
ROLES: Final[dict[Role, str]] = {
    "office": "machimori_office",
    "sequencer": "machimori_sequencer",
}
OWNER: Final = "machimori_ledger"


@dataclass(frozen=True, kw_only=True)
class Home:
    """An initialised ledger directory. `database` is None if the server is embedded."""

    directory: Path
    key: LogKey
    cluster: Path
    database: str | None

    @classmethod
    def read(cls, directory: Path) -> "Home":
        """Read `ledger.json`. Raises LedgerUnavailableError if there is none."""
        try:
            data = (directory / "ledger.json").read_bytes()
        except OSError as error:
            raise LedgerUnavailableError(
                "there is no ledger here",
                where=str(directory),
                remedy="make one with `machimori ledger init`",
            ) from error
        try:
            source = canonical.load_object(data)
        except MalformedError as error:
            raise MalformedLedgerError(error.message, where=str(directory)) from error
        if source.get("format") != FORMAT or not isinstance(source.get("vkey"), str):
            raise MalformedLedgerError("unknown form of ledger.json", where=str(directory))
        cluster, database = source.get("cluster"), source.get("database")
        return cls(
            directory=directory,
            key=LogKey.parse(source["vkey"], PublicKey),
            cluster=Path(cluster) if cluster else directory / "postgres",
            database=database,
        )

    def secret(self, role: Role | Literal["superuser"]) -> str:
        """A role's password. Raises LedgerUnavailableError if this account may not read it."""
        path = self.directory / "secrets" / role
        try:
            return path.read_text().strip()
        except OSError as error:
            raise LedgerUnavailableError(
                f"the password of {role} cannot be read", where=str(path)
            ) from error

    @property
    def owner(self) -> str:
        """The database role that owns the tables."""
        return self._named(OWNER)

    def role(self, role: Role) -> str:
        """The name of a role in the database."""
        return self._named(ROLES[role])

    def passwords(self) -> dict[str, str]:
        """The roles that may log in, by their names in the database, with their passwords."""
        return {self.role(role): self.secret(role) for role in ROLES}

    def _named(self, name: str) -> str:
        if self.database is None:
            return name
        return f"{name}_{hashlib.sha256(self.key.vkey().encode()).hexdigest()[:8]}"

    def conninfo(self, role: Role) -> str:
        """The connection string of a role."""
        password = self.secret(role)
        if self.database is None:
            return make_conninfo(
                host=str(socket_directory(self.cluster)),
                user=self.role(role),
                password=password,
                dbname=DATABASE,
            )
        return make_conninfo(self.database, user=self.role(role), password=password)

    def server(self) -> EmbeddedServer:
        """The embedded server. Raises LedgerError if the database is elsewhere."""
        if self.database is not None:
            raise LedgerError("this ledger's database is not embedded", where=str(self.directory))
        return EmbeddedServer(self.cluster, superuser_secret=self.secret("superuser"))

    def signer(self, disk: Disk) -> Signer:
        """The signer, for the one process that sequences."""
        return Signer(self.directory / "signer", disk)

    def ledger(self, role: Role = "office") -> Ledger:
        """The ledger as `role` sees it."""
        return Ledger(self.conninfo(role), self.key)

    def snapshot(self, role: Role = "office") -> Snapshot:
        """The ledger as it stands, for a walk through all of it."""
        return Snapshot(self.conninfo(role), self.key)


def create(
    directory: Path,
    disk: Disk,
    *,
    name: str,
    cluster: Path | None = None,
    database: str | None = None,
    admin: str | None = None,
) -> Home:
    """Make a ledger: signer, passwords, database roles and tables.

    `database` is a server's connection string without user and password, `admin` one of a role
    that may create roles and schemas there; without them the server is embedded, and it runs only
    while this function does. 1. directory and passwords; 2. signer; 3. roles and tables, in one
    transaction; 4. `ledger.json`, last: before it exists there is no ledger and `create` may be
    repeated. Raises LedgerError if there is a ledger already, here or in that database, and
    LedgerUnavailableError if the database does not answer.
    """
    if (directory / "ledger.json").exists():
        raise LedgerError("there is a ledger here already", where=str(directory))
    if (database is None) != (admin is None):
        raise LedgerError("a database elsewhere needs both its address and an administrator")
    check_name(name)
    for text, what in ((database, "address"), (admin, "administrator's connection string")):
        _check_conninfo(text or "", what)
    disk.make_directory(directory / "secrets", mode=0o700)
    for role in ("superuser", *ROLES):
        path = directory / "secrets" / role
        if not path.exists():
            disk.create(path, secrets.token_urlsafe(32).encode(), mode=0o600)
    if not (directory / "signer" / "key").exists():
        Signer.create(directory / "signer", disk, name=name)
    with Signer(directory / "signer", disk) as signer:
        key, (_, first) = signer.key, signer.last()
    if key.name != name:
        raise LedgerError(f"the signer here is of the log {key.name}", where=str(directory))
    source: dict[str, Json] = {
        "cluster": str(cluster) if cluster else None,
        "database": database,
        "format": FORMAT,
        "vkey": key.vkey(),
    }
    home = Home(
        directory=directory,
        key=key,
        cluster=cluster or directory / "postgres",
        database=database,
    )
    if admin is None:
        with home.server() as server:
            make_database(server.superuser())
            _install(server.superuser(DATABASE), home, first)
    else:
        try:
            _install(admin, home, first)
        except psycopg.OperationalError as error:
            raise unavailable(error) from error
    disk.create(directory / "ledger.json", canonical.dumps(source), mode=0o644)
    return home


def _check_conninfo(text: str, what: str) -> None:
    try:
        conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        # The driver quotes what it could not read, which may be a password.
        raise LedgerError(f"the database's {what} is no connection string of libpq") from None


def _install(admin: str, home: Home, first: bytes) -> None:
    """Roles, tables, grants and the first checkpoint in one transaction; or they are there."""
    schema = (importlib.resources.files(__package__) / "schema.sql").read_text()
    with psycopg.connect(admin) as connection:
        if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'ledger'").fetchone():
            note = connection.execute(
                "SELECT note FROM ledger.checkpoint WHERE size = 0"
            ).fetchone()
            if note is None or bytes(note[0]) != first:
                raise LedgerError(
                    "this database holds the ledger of another key",
                    where=str(home.directory),
                    remedy="use that ledger's own directory, or another database",
                )
            return
        names = {role: home.role(role) for role in ROLES}
        make_roles(connection, owner=home.owner, passwords=home.passwords())
        connection.execute(
            sql.SQL(schema).format(
                owner=sql.Identifier(home.owner),
                **{role: sql.Identifier(name) for role, name in names.items()},
            )
        )
        connection.execute("INSERT INTO ledger.checkpoint (size, note) VALUES (0, %b)", (first,))
