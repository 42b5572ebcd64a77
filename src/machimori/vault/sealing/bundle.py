# SPDX-License-Identifier: AGPL-3.0-or-later
"""Key bundles: the public keys of one retention class and day, signed by the vault.

A recorder holds bundles and nothing else; it pins the vault's key at enrolment, so a bundle from
anyone else (whose private keys that one would know) is refused. The vault's ledger entry
`bundle.issued` holds the bundle's digest.
"""

from dataclasses import dataclass

from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope, Signer, Verifier
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, ClassId, KeyId, check_name
from machimori.kernel.instants import parse_day
from machimori.vault.sealing.seal import PUBLIC_SIZE, SealingKey

BUNDLE_TYPE = "application/vnd.machimori.key-bundle+json"
MAX_BUNDLE = 64 * 1024 * 1024


def key_id(camera: CameraId, day: str, serial: str) -> KeyId:
    """`<camera>/<day>/<serial>`."""
    return KeyId(f"{camera}/{day}/{serial}")


def split_key_id(key: str) -> tuple[CameraId, str, str]:
    """Camera, day and serial of a key id. Raises MalformedError."""
    parts = key.split("/")
    if len(parts) != 3:
        raise MalformedError("a key id is camera/day/serial", where=key[:80])
    camera, day, serial = parts
    parse_day(day)
    return CameraId(check_name(camera, what="camera")), day, check_name(serial, what="serial")


@dataclass(frozen=True, kw_only=True)
class BundledKey:
    """The public key of one camera's day."""

    camera: CameraId
    key: KeyId
    public: bytes

    def sealing_key(self) -> SealingKey:
        """The key, ready to seal with. Raises MalformedError."""
        return SealingKey(self.public)


@dataclass(frozen=True, kw_only=True)
class KeyBundle:
    """The public keys of every camera of a class, for one local day."""

    retention_class: ClassId
    day: str
    serial: int
    """0 for the first bundle of that day; a later one, with cameras added, replaces it."""
    keys: tuple[BundledKey, ...]

    def envelope(self) -> Envelope:
        """The unsigned statement."""
        return Envelope.of(
            BUNDLE_TYPE,
            {
                "class": self.retention_class,
                "day": self.day,
                "keys": [
                    {"camera": k.camera, "key": k.key, "public": canonical.b64(k.public)}
                    for k in self.keys
                ],
                "serial": self.serial,
            },
        )

    def signed(self, signer: Signer) -> bytes:
        """Envelope bytes, signed by the vault."""
        return self.envelope().signed_by("vault", signer).encode()

    def key_of(self, camera: str) -> BundledKey | None:
        """The camera's key, if the bundle has one."""
        return next((k for k in self.keys if k.camera == camera), None)

    @classmethod
    def verified(cls, data: bytes, vault: Verifier) -> "KeyBundle":
        """The bundle in `data` if `vault` signed it. Raises MalformedError otherwise."""
        if len(data) > MAX_BUNDLE:
            raise MalformedError("key bundle is too long")
        envelope = Envelope.decode(data)
        if envelope.payload_type != BUNDLE_TYPE:
            raise MalformedError("not a key bundle", where=envelope.payload_type[:80])
        if not envelope.signed_with(vault):
            raise MalformedError(
                "key bundle is not signed by the pinned vault key",
                remedy="fetch it again from the vault; if it stays so, report an attack",
            )
        source = envelope.statement()
        day = canonical.field(source, "day", str)
        parse_day(day)
        keys = tuple(_key(item, day) for item in canonical.field(source, "keys", list))
        if len({k.camera for k in keys}) != len(keys):
            raise MalformedError("key bundle names a camera twice")
        bundle = cls(
            retention_class=ClassId(
                check_name(canonical.field(source, "class", str), what="class")
            ),
            day=day,
            serial=canonical.field(source, "serial", int),
            keys=keys,
        )
        if bundle.envelope().payload != envelope.payload:
            raise MalformedError("key bundle has unknown members")
        return bundle


def _key(item: object, day: str) -> BundledKey:
    if not isinstance(item, dict):
        raise MalformedError("key object expected")
    key = canonical.field(item, "key", str)
    camera, key_day, _ = split_key_id(key)
    if camera != item.get("camera") or key_day != day:
        raise MalformedError("key id names another camera or day", where=key[:80])
    public = canonical.unb64(item.get("public"), where=key)
    if len(public) != PUBLIC_SIZE:
        raise MalformedError("public key has a wrong length", where=key)
    return BundledKey(camera=camera, key=KeyId(key), public=public)
