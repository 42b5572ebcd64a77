# SPDX-License-Identifier: AGPL-3.0-or-later
"""Close a camera's day: write the signed manifest of what was recorded."""

from machimori.footage.catalogue import items_of_day
from machimori.footage.items import Item
from machimori.footage.manifest import Manifest, ManifestItem
from machimori.footage.store import Store
from machimori.kernel.envelope import Signer
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import Micros


def close_day(
    store: Store,
    *,
    camera: CameraId,
    day: str,
    recorder: RecorderId,
    signer: Signer,
    now: Micros,
    known: dict[str, Item] | None = None,
) -> Manifest:
    """Put the manifest of what `store` (a spool's view) holds of the day; call it once the last
    segment of the day is closed. `known` (`Catalogue.known`) saves reading the day back. A day
    closed already keeps its first manifest: its ObjectDiffersError says that something was recorded
    after the closing."""
    everything = items_of_day(store, camera, day, known or {})
    found = (item for item in everything if item.kind != "expired")
    manifest = Manifest(
        camera=camera,
        day=day,
        recorder=recorder,
        closed=now,
        items=tuple(
            ManifestItem(
                name=item.name,
                size=item.size,
                head=item.head,
                session=item.session,
                sequence=item.sequence,
            )
            for item in sorted(found, key=lambda item: item.name)
        ),
    )
    store.put(str(manifest.name), manifest.sign(recorder, signer).encode())
    return manifest
