# SPDX-License-Identifier: AGPL-3.0-or-later
"""The file that tells a recorder its cameras while it runs; the office's register writes it.

    cameras.json          canonical JSON, replaced as a whole (`Disk.replace`)
    credentials.key       96 secret bytes, 0600, made by the recorder at its first start
    credentials.pub       to these bytes whoever writes the file seals each camera's password

A password is sealed (HPKE) together with the camera's id and with scheme, host and port of its
address: whoever may write the file can make the recorder call another place, but not say the
password there.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MalformedError, UsageError
from machimori.kernel.ids import CameraId, RecorderId, check_name
from machimori.recorder.camera import CameraConfig
from machimori.vault.client.reader import PrivateKey
from machimori.vault.sealing.seal import SealingKey

FORMAT: Final = "machimori.cameras/1"
KEY: Final = "credentials.key"
PUBLIC: Final = "credentials.pub"
_MEMBERS: Final = {"id", "url", "username", "sealed", "fingerprint"}
_LARGEST: Final = 64 << 20


@dataclass(frozen=True, kw_only=True)
class FedCamera:
    """A camera as the file has it. `sealed` is its password as `seal` returns it, or empty."""

    id: CameraId
    url: str
    username: str = ""
    sealed: bytes = b""
    fingerprint: str = ""

    def source(self) -> dict[str, Json]:
        """Its member of the file."""
        return {
            "id": self.id,
            "url": self.url,
            "username": self.username,
            "sealed": canonical.b64(self.sealed),
            "fingerprint": self.fingerprint,
        }


def encode(cameras: Iterable[FedCamera]) -> bytes:
    """The file's bytes; the same cameras always give the same."""
    ordered = sorted(cameras, key=lambda camera: camera.id)
    return canonical.dumps({"format": FORMAT, "cameras": [one.source() for one in ordered]})


def seal(password: str, *, public: bytes, recorder: str, camera: str, url: str) -> bytes:
    """A password that this recorder alone can read, for this camera at this address alone."""
    return SealingKey(public).seal(password.encode(), _binding(recorder, camera, url))


def load_keys(directory: Path, disk: Disk) -> PrivateKey:
    """The key to which passwords are sealed, made at the first start. Raises UsageError."""
    path = directory / KEY
    try:
        if path.stat().st_mode & 0o077:
            raise UsageError("can be read by others", where=str(path), remedy="chmod 600")
        key = PrivateKey(path.read_bytes())
    except FileNotFoundError:
        key = PrivateKey.generate()
        disk.create(path, key.secret(), mode=0o600)
    except (OSError, MalformedError) as error:
        raise UsageError("cannot be read", where=str(path)) from error
    public = directory / PUBLIC
    if not public.exists() or public.read_bytes() != key.public:
        disk.replace(public, key.public, mode=0o644)
    return key


class Feed:
    """The file of one recorder, read again when it has changed. For one thread."""

    def __init__(self, path: Path, *, recorder: RecorderId, key: PrivateKey) -> None:
        self._path = path
        self._recorder = recorder
        self._key = key
        self._seen: tuple[int, int, int] | None = None

    def changed(self) -> tuple[CameraConfig, ...] | None:
        """The cameras, if the file is another than at the last call; None if it is the same.

        A file that is not there changes nothing: a recorder never forgets its cameras by an
        accident. Raises UsageError, once, for a file that cannot be obeyed.
        """
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}", where=str(self._path)) from error
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            seen = (status.st_ino, status.st_size, status.st_mtime_ns)
            if seen == self._seen:
                return None
            self._seen = seen
            data = file.read(_LARGEST)
        try:
            return self._decode(data)
        except MalformedError as error:
            raise UsageError(error.message, where=f"{self._path} {error.where}") from error

    def _decode(self, data: bytes) -> tuple[CameraConfig, ...]:
        source = canonical.load_object(data)
        listed = source.get("cameras")
        if source.get("format") != FORMAT or not isinstance(listed, list):
            raise MalformedError("unknown form of a file of cameras")
        found: dict[str, CameraConfig] = {}
        for place, item in enumerate(listed, 1):
            if (
                not isinstance(item, dict)
                or set(item) != _MEMBERS
                or not all(isinstance(value, str) for value in item.values())
            ):
                raise MalformedError("a camera does not have its form", where=f"camera {place}")
            camera = CameraId(check_name(item["id"], what="camera"))
            if camera in found:
                raise MalformedError("this id is there twice", where=camera)
            found[camera] = CameraConfig(
                id=camera,
                url=item["url"],
                username=item["username"],
                password=self._password(camera, item),
                fingerprint=item["fingerprint"] or None,
            )
        return tuple(found.values())

    def _password(self, camera: CameraId, item: dict[str, str]) -> str:
        if not item["sealed"]:
            return ""
        info = _binding(self._recorder, camera, item["url"])
        try:
            return self._key.open(canonical.unb64(item["sealed"]), info).decode()
        except (MalformedError, UnicodeDecodeError) as error:
            raise MalformedError(
                "its password was sealed for another recorder, camera or address", where=camera
            ) from error


def place(url: str) -> tuple[str, str]:
    """Scheme, and host with port: for these alone a password is sealed."""
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()


def _binding(recorder: str, camera: str, url: str) -> bytes:
    texts = ("machimori camera password v1", recorder, camera, *place(url))
    return b"\0".join(text.encode() for text in texts)
