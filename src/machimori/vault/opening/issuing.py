# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making key pairs ahead of time: for each class and day an epoch, a keyring file, a bundle."""

import datetime as dt
import hashlib
import secrets
from pathlib import Path

from machimori.kernel.ids import CameraId, ClassId, KeyId
from machimori.kernel.instants import local_day
from machimori.vault.client.reader import PrivateKey
from machimori.vault.errors import VaultRefusedError, VaultUnavailableError
from machimori.vault.opening.core import Core
from machimori.vault.opening.keyring import WrappedKey
from machimori.vault.opening.places import Epoch
from machimori.vault.opening.state import day_epoch
from machimori.vault.sealing.bundle import BundledKey, KeyBundle, key_id, split_key_id

MAX_DAYS = 92


def make_keys(core: Core, days: int) -> int:
    """Make what is missing for today and the `days` after it; returns how many key pairs.

    Raises VaultRefusedError for more than 92 days, VaultDurabilityError if no place can be written,
    VaultUnavailableError if closed, or if an epoch that lacks a camera is in no reachable place;
    then after everything else was made.
    """
    core.opened()
    if not 0 <= days <= MAX_DAYS:
        raise VaultRefusedError("too_many_days", f"keys are made at most {MAX_DAYS} days ahead")
    today = local_day(core.now())
    made = 0
    away: list[str] = []
    for offset in range(days + 1):
        day = today + dt.timedelta(days=offset)
        wanted = core.state.cameras_on(day)
        for name in sorted(wanted):
            try:
                made += _issue(core, name, day.isoformat(), wanted[name])
            except VaultUnavailableError as error:
                away.append(error.where)
    if away:
        raise VaultUnavailableError(
            f"cameras of {len(away)} class-days got no keys: no place that holds those epochs is"
            f" reachable ({made} key pairs were made for others)",
            where=away[0],
            remedy="attach one of the vault's places and make keys again",
        )
    return made


def has_keys(core: Core, day: dt.date) -> bool:
    """Whether every camera has a key of each class that it is in on a local day."""
    for name, cameras in core.state.cameras_on(day).items():
        epoch = core.state.epochs.get(day_epoch(name, day.isoformat()))
        issued = {split_key_id(key)[0] for key in epoch.leaves.values()} if epoch else set()
        if not issued.issuperset(cameras):
            return False
    return True


def bundle_path(core: Core, retention_class: str, day: str, serial: int) -> Path:
    """Where a signed bundle is kept. It is public."""
    return core.home / "bundles" / f"{day_epoch(retention_class, day)}.{serial}.json"


def bundle(core: Core, retention_class: str, day: str) -> bytes:
    """The newest signed bundle of a class's day. Raises VaultRefusedError `no_bundle`."""
    epoch = core.state.epochs.get(day_epoch(retention_class, day))
    path = bundle_path(core, retention_class, day, epoch.serial) if epoch else None
    if path is None or not path.exists():
        raise VaultRefusedError(
            "no_bundle",
            "there is no key bundle for this class and day",
            where=f"{retention_class} {day}",
            remedy="make keys with `machimori vault make-keys`",
        )
    return path.read_bytes()


def _issue(core: Core, retention_class: ClassId, day: str, cameras: list[CameraId]) -> int:
    """One bundle.

    1. keyring file; 2. epoch object, next generation, in every place; 3. bundle file; 4. record;
    5. the old generation destroyed. Before 4 nothing counts: a restart destroys the new object.
    """
    name = day_epoch(retention_class, day)
    root = core.opened()
    state = core.state.epochs.get(name)
    old_keys: tuple[BundledKey, ...] = ()
    existing: dict[int, bytes] = {}
    serial, generation = 0, 0
    if name in core.state.dead:
        return 0
    if state is not None:
        issued = KeyBundle.verified(bundle(core, retention_class, day), root.city_key().public)
        old_keys = issued.keys
        serial, generation = state.serial + 1, state.generation + 1
        # A destroyed key stays in no bundle, and its camera gets no new one for that day.
        known = {k.camera for k in old_keys}
        living = set(state.leaves.values())
        old_keys = tuple(k for k in old_keys if k.key in living)
        cameras = [camera for camera in cameras if camera not in known]
        if not cameras:
            return 0
        epoch = core.places.load(name, state.generation)
        if epoch is None:
            raise VaultUnavailableError("no place that holds this epoch is reachable", where=name)
        existing = dict(epoch.secrets)
    first = max([*existing, *(state.leaves if state else ()), -1]) + 1
    keys: list[BundledKey] = []
    wrapped: dict[str, WrappedKey] = {}
    for leaf, camera in enumerate(cameras, start=first):
        private = PrivateKey.generate()
        key = key_id(camera, day, str(serial))
        existing[leaf] = secrets.token_bytes(32)
        wrapped[key] = WrappedKey(leaf=leaf, wrapped=root.wrap(private, existing[leaf], key))
        keys.append(BundledKey(camera=camera, key=key, public=private.public))
    core.keyring.write(name, serial, wrapped)
    core.places.write(Epoch(name=name, generation=generation, secrets=existing))
    signed = KeyBundle(
        retention_class=retention_class, day=day, serial=serial, keys=(*old_keys, *keys)
    ).signed(root.city_key())
    path = bundle_path(core, retention_class, day, serial)
    core.disk.make_directory(path.parent, mode=0o750)
    core.disk.replace(path, signed, mode=0o640)
    core.record(
        "bundle.issued",
        subject={"class": retention_class},
        facts={
            "bundle": hashlib.sha256(signed).hexdigest(),
            "day": day,
            "keys": len(keys),
            "serial": serial,
        },
        body={
            "generation": generation,
            "keys": [[KeyId(key), w.leaf] for key, w in wrapped.items()],
            "name": name,
            "serial": serial,
        },
    )
    if state is not None:
        core.places.erase(name, generation - 1)
    return len(keys)
