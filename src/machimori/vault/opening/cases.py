# SPDX-License-Identifier: AGPL-3.0-or-later
"""A case's keys: the data keys of its held segments, re-sealed to a key pair of the case.

Files of the keyring, one with the key pair and one for each camera-day, so that neither holding
more nor opening a part reads or writes the whole case. They are worth nothing once the case's
epoch is destroyed, and removed with it.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

from machimori.kernel import canonical
from machimori.kernel.ids import CaseId
from machimori.vault.client.reader import PrivateKey
from machimori.vault.errors import VaultMalformedError, VaultRefusedError, VaultUnavailableError
from machimori.vault.opening.core import Core
from machimori.vault.opening.places import Epoch
from machimori.vault.opening.state import case_epoch
from machimori.vault.sealing.layout import Header


def camera_day(header: Header) -> str:
    """`<camera>/<day>`: where a segment's key is filed."""
    return f"{header.camera}/{header.day}"


def public_key(core: Core, case: CaseId) -> bytes:
    """The case's sealing key. Raises VaultRefusedError `no_hold` if there is none."""
    return canonical.unb64(_pair(core, case).get("public"), where="public")


def private_key(core: Core, case: CaseId) -> PrivateKey:
    """The case's private key. Raises VaultRefusedError `destroyed` if its epoch is gone."""
    name = case_epoch(case)
    state = core.state.epochs.get(name)
    if state is None or name in core.state.intents:
        raise VaultRefusedError("destroyed", "the case's keys were destroyed", where=case)
    epoch = core.places.load(name, state.generation)
    if epoch is None:
        raise VaultUnavailableError("no place that holds the case's epoch is there", where=case)
    wrapped = canonical.unb64(_pair(core, case).get("wrapped"), where="wrapped")
    return core.opened().unwrap(wrapped, epoch.secrets[0], name)


def create(core: Core, case: CaseId, generation: int) -> bytes:
    """A key pair for the case: its epoch object, then its file. Counts once it is recorded.

    Returns the public half.
    """
    private = PrivateKey.generate()
    secret = secrets.token_bytes(32)
    name = case_epoch(case)
    core.places.write(Epoch(name=name, generation=generation, secrets={0: secret}))
    content = {
        "public": canonical.b64(private.public),
        "wrapped": canonical.b64(core.opened().wrap(private, secret, name)),
    }
    core.disk.replace(_pair_path(core, case), canonical.dumps(content), mode=0o600)
    return private.public


def read(core: Core, case: CaseId, place: str, public: bytes) -> Mapping[bytes, bytes]:
    """The re-sealed data keys of a camera-day, by segment id; none if none are held.

    Raises VaultMalformedError if the file is damaged.
    """
    try:
        source = canonical.load_object(path(core, case, place).read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise VaultMalformedError("the case's file cannot be read", where=case) from error
    if canonical.unb64(source.get("public"), where="public") != public:
        # Of a hold that a crash cut off, or one that ended: sealed to a key that is no more.
        return {}
    return {
        bytes.fromhex(segment): canonical.unb64(sealed, where=segment)
        for segment, sealed in canonical.field(source, "segments", dict).items()
    }


def write(
    core: Core, case: CaseId, place: str, public: bytes, sealed: Mapping[bytes, bytes]
) -> None:
    """Set the keys of a camera-day, durably. 1.-4. of `Disk.replace`."""
    content = {
        "public": canonical.b64(public),
        "segments": {segment.hex(): canonical.b64(key) for segment, key in sealed.items()},
    }
    core.disk.replace(path(core, case, place), canonical.dumps(content), mode=0o600)


def path(core: Core, case: str, place: str) -> Path:
    """The file of a case's camera-day."""
    camera, _, day = place.partition("/")
    return core.home / "keyring" / f"{case_epoch(case)}.{camera}.{day}.json"


def _pair_path(core: Core, case: str) -> Path:
    return core.home / "keyring" / f"{case_epoch(case)}.0.json"


def _pair(core: Core, case: str) -> dict[str, canonical.Json]:
    try:
        return canonical.load_object(_pair_path(core, case).read_bytes())
    except FileNotFoundError as error:
        raise VaultRefusedError("no_hold", "nothing is held for this case", where=case) from error
    except OSError as error:
        raise VaultMalformedError("the case's file cannot be read", where=case) from error
