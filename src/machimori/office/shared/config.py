# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's one configuration: a frozen value, read from `office.json` in its directory.

    office.json     what is below, without any secret
    secret          the key that signs cookies and one-time codes, 0600
    demo-keys/      software keys of a demo's people; the directory exists in demos only

Nothing else configures the office: no environment variable, no switch for tests or debugging.
"""

import secrets
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MalformedError
from machimori.office.shared.errors import OfficeConfigError

FORMAT: Final = "machimori.office/1"
_PATHS: Final = (
    *("ledger", "vault", "store", "cases", "recorders", "expiry"),
    *("certificate", "key", "static", "fonts"),
)


@dataclass(frozen=True, kw_only=True)
class OfficeConfig:
    """Where the office is and what it stands on. Paths are absolute or relative to `directory`."""

    directory: Path
    """The office's own directory; the only one that it writes to."""
    origin: str
    """What browsers call it: `https://machimori.city.example`. FIDO2 keys are bound to its host
    name for ever, so it is a name, never an address."""
    address: str = "127.0.0.1"
    """Where the server listens."""
    port: int
    ledger: Path
    """The ledger's directory (`ledger/postgres/home.py`); its database holds our tables."""
    vault: Path
    """The vault's socket."""
    store: Path
    """Footage: a directory or the TOML file of a bucket."""
    cases: Path
    """The cases' footage, likewise."""
    recorders: Path | None = None
    """Recorders of this machine: a directory for each, with its `recorder.toml`. Without it the
    register feeds no recorder, and pages show nobody's health."""
    expiry: Path | None = None
    """Expiry's own directory, whose outbox 稼働状況 counts."""
    certificate: Path | None = None
    """TLS certificate chain, PEM; with `key`. Without them only localhost is served."""
    key: Path | None = None
    static: Path | None = None
    """Style sheets and scripts taken from npm, if they are not beside the package."""
    fonts: Path | None = None
    """The two fonts of papers, if they are not where the set-up puts them."""
    demo: bool = False
    """Software keys are accepted, every page says so. Never changed after `create`."""
    clock_shift: int = 0
    """Seconds by which a demo's clock runs ahead; 0 elsewhere."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
            raise OfficeConfigError("an origin is https:// and a host name", where=self.origin[:80])
        if parts.scheme == "http" and parts.hostname != "localhost":
            raise OfficeConfigError(
                "without TLS only localhost is served",
                where=self.origin[:80],
                remedy="set certificate, key and an https origin",
            )
        if parts.hostname.replace(".", "").isdigit() or ":" in parts.hostname:
            raise OfficeConfigError(
                "a FIDO2 key cannot be bound to an address",
                where=self.origin[:80],
                remedy="give the server a name in the city's own DNS",
            )
        if (self.certificate is None) != (self.key is None):
            raise OfficeConfigError("certificate and key belong together", where="office.json")
        if (parts.scheme == "https") != (self.certificate is not None):
            raise OfficeConfigError(
                "an https origin needs certificate and key", where="office.json"
            )
        if self.clock_shift and not self.demo:
            raise OfficeConfigError("only a demo's clock is shifted", where="clock_shift")

    @property
    def host(self) -> str:
        """The host name: WebAuthn's RP id."""
        host = urlsplit(self.origin).hostname
        assert host is not None
        return host

    @property
    def tls(self) -> bool:
        return self.certificate is not None

    @property
    def demo_keys(self) -> Path:
        """Where a demo keeps its people's software keys."""
        return self.directory / "demo-keys"

    def secret(self) -> str:
        """The key for cookies and codes. Raises OfficeConfigError if it cannot be read."""
        path = self.directory / "secret"
        try:
            return path.read_text().strip()
        except OSError as error:
            raise OfficeConfigError(
                "the office's secret cannot be read", where=str(path)
            ) from error

    def make_secret(self, disk: Disk) -> None:
        """Make the directory, and the secret if there is none."""
        disk.make_directory(self.directory)
        if not (self.directory / "secret").exists():
            disk.create(self.directory / "secret", secrets.token_urlsafe(48).encode(), mode=0o600)

    def save(self, disk: Disk) -> None:
        """Write `office.json`: from then on there is an office."""
        source: dict[str, Json] = {"format": FORMAT}
        for item in fields(self):
            if item.name != "directory":
                value = getattr(self, item.name)
                source[item.name] = self._beside(value) if isinstance(value, Path) else value
        disk.replace(self.directory / "office.json", canonical.dumps(source), mode=0o644)

    def _beside(self, path: Path) -> str:
        """How a path is written down: what lies in the same installation moves with it."""
        root = self.directory.parent
        return str(Path("..") / path.relative_to(root)) if path.is_relative_to(root) else str(path)

    @classmethod
    def read(cls, directory: Path) -> "OfficeConfig":
        """Read `office.json`. Raises OfficeConfigError naming the member that is wrong."""
        path = directory / "office.json"
        try:
            source = canonical.load_object(path.read_bytes())
        except OSError as error:
            raise OfficeConfigError(
                "there is no office here", where=str(directory), remedy="`machimori office init`"
            ) from error
        except MalformedError as error:
            raise OfficeConfigError(error.message, where=str(path)) from error
        if source.pop("format", None) != FORMAT:
            raise OfficeConfigError("unknown form of office.json", where=str(path))
        kinds = {item.name: item for item in fields(cls)}
        if unknown := sorted(set(source) - set(kinds)):
            raise OfficeConfigError("unknown member", where=f"{path}: {unknown[0][:40]}")
        values: dict[str, object] = {"directory": directory.resolve()}
        for name, value in source.items():
            values[name] = _read_member(name, value, directory, where=f"{path}: {name}")
        try:
            return cls(**values)  # type: ignore[arg-type]  # checked member by member above
        except TypeError as error:
            raise OfficeConfigError("a member is missing", where=str(path)) from error


def config() -> OfficeConfig:
    """The configuration that this process was set up with."""
    found: object = getattr(settings, "OFFICE", None)
    assert isinstance(found, OfficeConfig)
    return found


def _read_member(name: str, value: Json, directory: Path, *, where: str) -> object:
    if name in _PATHS:
        if value is None:
            return None
        if not isinstance(value, str):
            raise OfficeConfigError("a path is text", where=where)
        return (directory / value).resolve()
    wanted = {"port": int, "clock_shift": int, "demo": bool}.get(name, str)
    if type(value) is not wanted:
        raise OfficeConfigError(f"{wanted.__name__} expected", where=where)
    return value
