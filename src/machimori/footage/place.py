# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which store is meant: a directory, or a TOML file that names a bucket.

    [store]
    endpoint = "https://rgw.city.example"
    bucket = "footage"
    region = "default"
    access_key = "…"
    secret_key_file = "s3.secret"

What `footage probe` found out about the bucket is kept beside the file, as
`<file>.abilities.json`; without it the store is trusted with nothing.
"""

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from machimori.footage.s3 import S3Config, S3Store
from machimori.footage.store import Abilities, DirectoryStore, Store
from machimori.kernel import canonical
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MalformedError, UsageError

_KEYS = {"endpoint", "bucket", "region", "access_key", "secret_key_file"}


def open_store(place: Path, disk: Disk) -> Store:
    """The store that exists there. Raises UsageError; no text holds a value of the file."""
    if place.is_dir():
        return DirectoryStore(place, disk)
    if place.suffix != ".toml":
        raise UsageError(
            "neither a directory nor a .toml file that names a bucket", where=str(place)
        )
    return S3Store(read_config(place), read_abilities(place))


def read_config(place: Path) -> S3Config:
    """The bucket that a TOML file names. Raises UsageError."""
    try:
        source = tomllib.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(place)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise UsageError("is not TOML in UTF-8", where=str(place)) from None
    table: dict[str, Any] = source.get("store", {})
    if set(source) != {"store"} or not isinstance(table, dict) or set(table) - _KEYS:
        raise UsageError("holds one table [store] with the documented keys", where=str(place))
    missing = sorted(_KEYS - {"region"} - set(table))
    if missing or not all(isinstance(value, str) for value in table.values()):
        raise UsageError("a key of [store] is missing or no text", where=str(place))
    secret = place.parent / table["secret_key_file"]
    try:
        secret_key = secret.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the secret key cannot be read", where=str(secret)) from error
    return S3Config(
        endpoint=table["endpoint"],
        bucket=table["bucket"],
        access_key=table["access_key"],
        secret_key=secret_key,
        region=table.get("region", "default"),
    )


def read_abilities(place: Path) -> Abilities | None:
    """What the last probe found; None if there was none. Raises UsageError."""
    path = _abilities_path(place)
    if not path.exists():
        return None
    try:
        return Abilities(**canonical.load_object(path.read_bytes()))
    except (MalformedError, TypeError, OSError) as error:
        raise UsageError(
            "cannot be understood", where=str(path), remedy="run `machimori footage probe`"
        ) from error


def write_abilities(place: Path, abilities: Abilities, disk: Disk) -> None:
    """Keep what a probe found, for `open_store`."""
    disk.replace(_abilities_path(place), canonical.dumps(asdict(abilities)))


def _abilities_path(place: Path) -> Path:
    return place.with_name(place.name + ".abilities.json")
