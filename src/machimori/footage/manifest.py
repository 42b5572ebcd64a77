# SPDX-License-Identifier: AGPL-3.0-or-later
"""The signed manifest of one camera's day: what must be in the store once the day has closed.

A listing alone cannot tell "not yet uploaded" from "missing". The recorder writes the manifest when
the last segment of the day is closed; it names every segment and record of the day with size and
head. Standard library only: the offline verifier is built from this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from machimori.footage.naming import ManifestName, RecordName, SegmentName, parse
from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope, Signer
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, RecorderId, check_name
from machimori.kernel.instants import Micros, parse_day

MANIFEST_TYPE = "application/vnd.machimori.footage-manifest+json"
MAX_ITEMS = 200_000


@dataclass(frozen=True, kw_only=True)
class ManifestItem:
    """One object of the day."""

    name: str
    size: int
    head: str
    """Head of the chain after it, hex: SHA-256 of what its signature is over."""
    session: str
    sequence: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """All that `recorder` put into the store of `camera` for the local day `day`."""

    camera: CameraId
    day: str
    recorder: RecorderId
    closed: Micros
    items: tuple[ManifestItem, ...]
    """By name."""

    def __post_init__(self) -> None:
        parse_day(self.day)
        check_name(self.camera, what="camera")
        check_name(self.recorder, what="recorder")
        where = str(self.name)
        names = [item.name for item in self.items]
        if names != sorted(set(names)) or len(names) > MAX_ITEMS:
            raise MalformedError("manifest's items are not sorted and distinct", where=where)
        for item in self.items:
            name = parse(item.name)
            if not isinstance(name, SegmentName | RecordName) or (name.day, name.camera) != (
                self.day,
                self.camera,
            ):
                raise MalformedError("manifest names what is not of its day", where=where)

    @property
    def name(self) -> ManifestName:
        """Where the store keeps it."""
        return ManifestName(day=self.day, camera=self.camera)

    def statement(self) -> dict[str, Json]:
        """The payload, to be signed."""
        return {
            "camera": self.camera,
            "closed": self.closed,
            "day": self.day,
            "items": [
                {
                    "head": item.head,
                    "name": item.name,
                    "sequence": item.sequence,
                    "session": item.session,
                    "size": item.size,
                }
                for item in self.items
            ],
            "recorder": self.recorder,
        }

    @classmethod
    def of_statement(cls, source: Mapping[str, Json]) -> "Manifest":
        """The inverse of `statement`. Raises MalformedError."""
        manifest = cls(
            camera=CameraId(canonical.field(source, "camera", str)),
            day=canonical.field(source, "day", str),
            recorder=RecorderId(canonical.field(source, "recorder", str)),
            closed=Micros(canonical.field(source, "closed", int)),
            items=tuple(_item(item) for item in canonical.field(source, "items", list)),
        )
        if manifest.statement() != dict(source):
            raise MalformedError("manifest has unknown members")
        return manifest

    def sign(self, keyid: str, signer: Signer) -> Envelope:
        """The signed envelope, whose `encode()` the store keeps."""
        return Envelope.of(MANIFEST_TYPE, self.statement()).signed_by(keyid, signer)


def decode(data: bytes) -> tuple[Manifest, Envelope]:
    """The manifest in a stored object, and its envelope to judge. Raises MalformedError."""
    envelope = Envelope.decode(data)
    if envelope.payload_type != MANIFEST_TYPE:
        raise MalformedError("not a footage manifest", where=envelope.payload_type[:80])
    return Manifest.of_statement(envelope.statement()), envelope


def _item(item: Json) -> ManifestItem:
    if not isinstance(item, dict):
        raise MalformedError("object expected", where="items")
    return ManifestItem(
        name=canonical.field(item, "name", str),
        size=canonical.field(item, "size", int),
        head=canonical.field(item, "head", str),
        session=canonical.field(item, "session", str),
        sequence=canonical.field(item, "sequence", int),
    )
