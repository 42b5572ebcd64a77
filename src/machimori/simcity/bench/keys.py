# SPDX-License-Identifier: AGPL-3.0-or-later
"""Key bundles for recorders under measurement: real public keys whose private halves are dropped.

What is recorded to them can never be opened, which is all that a measurement needs.
"""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from machimori.kernel.ids import CameraId, ClassId
from machimori.kernel.signing import PublicKey, SigningKey
from machimori.vault.sealing.bundle import BundledKey, KeyBundle, key_id


def public_key() -> bytes:
    """A fresh ML-KEM-768 + X25519 public key."""
    mathematics = mlkem.MLKEM768PrivateKey.generate(), x25519.X25519PrivateKey.generate()
    return b"".join(private.public_key().public_bytes_raw() for private in mathematics)


def write_bundles(
    directory: Path, cameras: Iterable[str], *, first: dt.date, days: int = 2
) -> PublicKey:
    """Write signed bundles for `days` days from `first`; returns the key that signed them."""
    vault = SigningKey.generate()
    directory.mkdir(parents=True, exist_ok=True)
    names = [CameraId(camera) for camera in cameras]
    for offset in range(days):
        day = (first + dt.timedelta(days=offset)).isoformat()
        bundle = KeyBundle(
            retention_class=ClassId("standard"),
            day=day,
            serial=0,
            keys=tuple(
                BundledKey(camera=name, key=key_id(name, day, "0"), public=public_key())
                for name in names
            ),
        )
        (directory / f"{day}.json").write_bytes(bundle.signed(vault))
    return vault.public
