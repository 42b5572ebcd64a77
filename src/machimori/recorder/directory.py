# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recorder's own directory: one process works in it, with the signing key made there."""

import fcntl
import os
from pathlib import Path

from machimori.footage.place import open_store
from machimori.footage.spool import Spool
from machimori.kernel.durable import Disk
from machimori.kernel.errors import UsageError
from machimori.kernel.signing import SigningKey
from machimori.recorder.config import RecorderConfig


def lock(directory: Path) -> int:
    """Keep other recorders out until the returned descriptor is closed. Raises UsageError."""
    path = directory / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"cannot be used: {error.strerror}", where=str(directory)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise UsageError("another recorder uses this directory", where=str(path)) from None
    return descriptor


def load_key(path: Path, disk: Disk) -> SigningKey:
    """The Ed25519 key in a file, made at the first start (mode 0600). Raises UsageError."""
    try:
        if path.stat().st_mode & 0o077:
            raise UsageError(
                "this signing key can be read by others", where=str(path), remedy="chmod 600"
            )
        return SigningKey(path.read_bytes())
    except FileNotFoundError:
        key = SigningKey.generate()
        disk.create(path, key.seed(), mode=0o600)
        return key
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from error


def open_spool(config: RecorderConfig, disk: Disk) -> Spool | None:
    """The spool before a bucket; None if the store is a directory."""
    if config.store.suffix != ".toml":
        return None
    return Spool(
        open_store(config.store, disk),
        config.directory / "spool",
        disk,
        limit=config.spool_mb << 20,
        policy="stop",
    )
