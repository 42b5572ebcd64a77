# SPDX-License-Identifier: AGPL-3.0-or-later
"""Private keys at rest, each wrapped under the root and its own secret in the epoch object.

These files may be backed up, copied and stolen: without the epoch object they are noise. They are
removed after the epoch is destroyed, to save space and not to destroy anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from machimori.kernel import canonical
from machimori.kernel.durable import Disk
from machimori.vault.errors import VaultMalformedError

_DIRECTORY = "keyring"


@dataclass(frozen=True, kw_only=True)
class WrappedKey:
    """A wrapped private key and the leaf of its epoch that unwraps it."""

    leaf: int
    wrapped: bytes


class Keyring:
    """Files `keyring/<epoch>.<serial>.json` of the vault's directory."""

    def __init__(self, home: Path, disk: Disk) -> None:
        self._directory = home / _DIRECTORY
        self._disk = disk
        self._cache: dict[str, Mapping[str, WrappedKey]] = {}
        disk.make_directory(self._directory, mode=0o700)

    def write(self, epoch: str, serial: int, keys: Mapping[str, WrappedKey]) -> None:
        """1.-4. of `Disk.replace`: a file left by a crash before its record is written over."""
        content = canonical.dumps(
            {name: [k.leaf, canonical.b64(k.wrapped)] for name, k in keys.items()}
        )
        self._disk.replace(self._path(epoch, serial), content, mode=0o600)
        self._cache.pop(epoch, None)

    def find(self, epoch: str, serials: int, name: str) -> WrappedKey | None:
        """A key among those of the epoch's bundles 0 … serials. Raises MalformedError."""
        if epoch not in self._cache:
            found: dict[str, WrappedKey] = {}
            for serial in range(serials + 1):
                path = self._path(epoch, serial)
                if path.exists():
                    found.update(_decode(path.read_bytes(), path.name))
            self._cache = {epoch: found}
        return self._cache[epoch].get(name)

    def remove(self, epoch: str) -> None:
        """Forget an epoch that is destroyed already."""
        self._cache.pop(epoch, None)
        # Not synced: what comes back after a power cut is noise.
        for path in self._directory.glob(f"{epoch}.*.json"):
            path.unlink(missing_ok=True)

    def _path(self, epoch: str, serial: int) -> Path:
        return self._directory / f"{epoch}.{serial}.json"


def _decode(data: bytes, where: str) -> dict[str, WrappedKey]:
    keys = {}
    for name, item in canonical.load_object(data).items():
        if not isinstance(item, list) or len(item) != 2 or not isinstance(item[0], int):
            raise VaultMalformedError("keyring file is damaged", where=where)
        keys[name] = WrappedKey(leaf=item[0], wrapped=canonical.unb64(item[1], where=where))
    return keys
