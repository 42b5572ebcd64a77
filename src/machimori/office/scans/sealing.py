# SPDX-License-Identifier: AGPL-3.0-or-later
"""A scan on the disk: sealed as a whole, each under a key of its own.

    scans/<name>.sealed      nonce (12 bytes), AES-256-GCM ciphertext, tag (16), 0600
    scan-keys/<name>.key     the key (32 bytes), 0600

Authenticated with it are `MAGIC`, name and media type: no file can stand in for another, and none
is given out as another type. A scan is there exactly if its key is: the key is written last, and
erasing it is the end, wherever a copy of the sealed file lies.
"""

import contextlib
import os
import secrets
import time
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from machimori.kernel.durable import Disk
from machimori.kernel.errors import MalformedError
from machimori.office.shared.config import config

KEY: Final = 32
_NONCE: Final = 12
MAGIC: Final = b"machimori sealed scan 1\0"
_YOUNG: Final = 24 * 3600
"""Seconds in which a key without a row may be one whose transaction has not ended."""


def seal(name: str, media: str, data: bytes, disk: Disk | None = None) -> None:
    """1. the sealed file, fsynced; 2. its key, fsynced. Raises DurabilityError."""
    disk, key, nonce = disk or Disk(), secrets.token_bytes(KEY), secrets.token_bytes(_NONCE)
    for directory in (_sealed(name).parent, _key(name).parent):
        disk.make_directory(directory, mode=0o700)
    sealed = nonce + AESGCM(key).encrypt(nonce, data, _bound(name, media))
    disk.create(_sealed(name), sealed, mode=0o600)
    disk.create(_key(name), key, mode=0o600)


def open_sealed(name: str, media: str) -> bytes:
    """The scan in clear. Raises FileNotFoundError if it was erased, MalformedError if altered."""
    key, sealed = _key(name).read_bytes(), _sealed(name).read_bytes()
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(name, media))
    except (InvalidTag, ValueError) as error:
        raise MalformedError("a sealed scan was altered on the disk", where=name) from error


def erase(name: str, disk: Disk | None = None) -> None:
    """1. erase the key (from here on nobody opens it); 2. remove the file. Twice is no error."""
    disk = disk or Disk()
    if _key(name).exists():
        disk.erase(_key(name))
    if _sealed(name).exists():
        disk.remove(_sealed(name))


def old_names() -> list[str]:
    """What lies there for more than a day, with or without a key."""
    before = time.time() - _YOUNG
    found: list[str] = []
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir(_sealed("").parent):
            if entry.name.endswith(".sealed") and entry.stat().st_mtime < before:
                found.append(entry.name.removesuffix(".sealed"))
    return sorted(found)


def _sealed(name: str) -> Path:
    return config().directory / "scans" / f"{name}.sealed"


def _key(name: str) -> Path:
    return config().directory / "scan-keys" / f"{name}.key"


def _bound(name: str, media: str) -> bytes:
    return MAGIC + name.encode() + b"\0" + media.encode()
