# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recorder's configuration file (TOML); docs/ref/recorder.md describes it.

Raises UsageError, naming the table and key. No error repeats a value of the file: it may be a
password.
"""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from machimori.kernel.errors import MalformedError, UsageError
from machimori.kernel.ids import CameraId, RecorderId, SchemeId, check_name
from machimori.kernel.instants import TOKYO
from machimori.kernel.signing import PublicKey
from machimori.recorder.camera import CameraConfig
from machimori.recorder.chrony import check_address
from machimori.recorder.space import Policy

_RECORDER: dict[str, type] = {
    "id": str,
    "scheme": str,
    "directory": str,
    "store": str,
    "spool_mb": int,
    "keys": str,
    "holds": str,
    "cameras": str,
    "vault_key": str,
    "listen": str,
    "live": str,
    "live_converted": int,
    "time_zone": str,
    "period": float,
    "buffer_mb": int,
    "writers": int,
    "full_disk": str,
    "min_free_mb": int,
    "ceiling_mbit": float,
    "chrony": str,
}
_HALF = max(1, len(os.sched_getaffinity(0)) // 2)
"""Of this machine's processors: the others are left to what records."""
_CAMERA = {"id", "url", "username", "password", "password_file", "ca", "fingerprint"}


@dataclass(frozen=True, kw_only=True)
class RecorderConfig:
    """Everything a recorder is told."""

    id: RecorderId
    scheme: SchemeId
    directory: Path
    """The recorder's own: signing key, time floor, open segments, outbox."""
    store: Path
    """A directory, or a `.toml` file that names a bucket (`footage.place`)."""
    keys: Path
    """Key bundles, put there by whoever carries them from the vault."""
    holds: Path
    vault_key: PublicKey
    """Pinned at enrolment: signs key bundles."""
    cameras: tuple[CameraConfig, ...]
    feed: Path | None = None
    """The file of cameras that is followed while it runs (`feed`); None: there is none."""
    listen: tuple[str, int] | None = None
    """Where health and metrics are served; None: nowhere."""
    live: Path | None = None
    """The socket at which present pictures are offered to granted shifts; None: to nobody."""
    live_converted: int = 1
    """How many cameras are turned into H.264 at once to be watched; one processor each."""
    tz: ZoneInfo = TOKYO
    period: float = 1.0
    buffer_mb: int = 256
    writers: int = 1
    full_disk: Policy = "stop"
    min_free_mb: int = 1024
    spool_mb: int = 100_000
    """Before a bucket: how much may wait on the local disk."""
    ceiling: int = 4_000_000
    """Bytes per second and camera."""
    chrony: str = ""
    """Where chronyd is asked (`chrony.check_address`); empty: where chronyc looks by itself."""

    @classmethod
    def load(cls, path: Path) -> "RecorderConfig":
        """Read a configuration file. Raises UsageError."""
        try:
            source = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            raise UsageError("is not TOML in UTF-8", where=str(path)) from None
        return cls.parse(source, base=path.parent)

    @classmethod
    def parse(cls, source: dict[str, Any], *, base: Path) -> "RecorderConfig":
        """The configuration in a parsed file; relative paths start from `base`."""
        unknown = set(source) - {"recorder", "camera"}
        if unknown:
            raise UsageError("unknown table", where=sorted(unknown)[0])
        table = source.get("recorder")
        if not isinstance(table, dict):
            raise UsageError("the table [recorder] is missing")
        values = {name: _value(table, name, kind) for name, kind in _RECORDER.items()}
        unknown = set(table) - set(_RECORDER)
        if unknown:
            raise UsageError("unknown key", where=f"[recorder] {sorted(unknown)[0]}")
        directory = base / _required(values, "directory")
        try:
            return cls(
                id=RecorderId(check_name(_required(values, "id"), what="recorder")),
                scheme=SchemeId(check_name(_required(values, "scheme"), what="scheme")),
                directory=directory,
                store=base / values["store"] if values["store"] else directory / "store",
                keys=base / values["keys"] if values["keys"] else directory / "keys",
                holds=base / values["holds"] if values["holds"] else directory / "holds",
                vault_key=_public_key(_required(values, "vault_key")),
                cameras=_cameras(source.get("camera", []), base),
                feed=base / values["cameras"] if values["cameras"] else None,
                listen=_listen(values["listen"]),
                live=base / values["live"] if values["live"] else None,
                live_converted=int(_within(values, "live_converted", _HALF, 0, 64)),
                tz=_zone(values["time_zone"]),
                period=_within(values, "period", 1.0, 0.1, 2.0),
                buffer_mb=int(_within(values, "buffer_mb", 256, 8, 4096)),
                writers=int(_within(values, "writers", 1, 1, 8)),
                full_disk=_policy(values["full_disk"]),
                spool_mb=int(_within(values, "spool_mb", 100_000, 100, 1 << 30)),
                min_free_mb=int(_within(values, "min_free_mb", 1024, 1, 1 << 24)),
                ceiling=int(_within(values, "ceiling_mbit", 32.0, 0.1, 1000.0) * 125_000),
                chrony=_chrony(values["chrony"]),
            )
        except MalformedError as error:
            raise UsageError(error.message, where="[recorder]", remedy=error.remedy) from error


def _value(table: dict[str, Any], name: str, kind: type) -> Any:
    value = table.get(name)
    if value is None:
        return None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise UsageError(f"is not {kind.__name__}", where=f"[recorder] {name}")
    return value


def _required(values: dict[str, Any], name: str) -> str:
    if not values[name]:
        raise UsageError("is missing", where=f"[recorder] {name}")
    return str(values[name])


def _within(values: dict[str, Any], name: str, default: float, least: float, most: float) -> float:
    value = default if values[name] is None else values[name]
    if not least <= value <= most:
        raise UsageError(f"is not from {least} to {most}", where=f"[recorder] {name}")
    return float(value)


def _policy(value: str | None) -> Policy:
    if value is None or value == "stop":
        return "stop"
    if value == "overwrite":
        return "overwrite"
    raise UsageError('is neither "overwrite" nor "stop"', where="[recorder] full_disk")


def _zone(value: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(value or "Asia/Tokyo")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError("is no time zone", where="[recorder] time_zone") from error


def _public_key(text: str) -> PublicKey:
    try:
        return PublicKey(bytes.fromhex(text))
    except ValueError as error:
        raise UsageError(
            "is not an Ed25519 public key in hexadecimal", where="[recorder] vault_key"
        ) from error


def _listen(text: str | None) -> tuple[str, int] | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if host not in ("127.0.0.1", "localhost") or not port.isdigit() or int(port) > 65535:
        raise UsageError("is not a local address such as 127.0.0.1:9464", where="[recorder] listen")
    return "127.0.0.1", int(port)


def _chrony(text: str | None) -> str:
    if not text:
        return ""
    try:
        return check_address(text)
    except MalformedError as error:
        raise UsageError(error.message, where="[recorder] chrony") from error


def _cameras(source: Any, base: Path) -> tuple[CameraConfig, ...]:
    if not isinstance(source, list) or not all(isinstance(item, dict) for item in source):
        raise UsageError("cameras are tables [[camera]]")
    found: dict[str, CameraConfig] = {}
    for place, item in enumerate(source, 1):
        where = f"[[camera]] {place}"
        unknown = set(item) - _CAMERA
        if unknown:
            raise UsageError("unknown key", where=f"{where} {sorted(unknown)[0]}")
        if not all(isinstance(value, str) for value in item.values()):
            raise UsageError("every value is text", where=where)
        try:
            camera = CameraId(check_name(item.get("id", ""), what="camera"))
        except MalformedError as error:
            raise UsageError(error.message, where=where, remedy=error.remedy) from error
        if camera in found:
            raise UsageError("this id is there twice", where=where)
        found[camera] = CameraConfig(
            id=camera,
            url=item.get("url", ""),
            username=item.get("username", ""),
            password=_password(item, base, where),
            ca=base / item["ca"] if "ca" in item else None,
            fingerprint=item.get("fingerprint"),
        )
    return tuple(found.values())


def _password(item: dict[str, str], base: Path, where: str) -> str:
    if "password_file" not in item:
        return item.get("password", "")
    if "password" in item:
        raise UsageError("password and password_file exclude each other", where=where)
    try:
        return (base / item["password_file"]).read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError):
        raise UsageError("its password_file cannot be read", where=where) from None
