# SPDX-License-Identifier: AGPL-3.0-or-later
"""A case's keys: the data keys of its held segments, re-sealed to a key pair of the case.

A file of the keyring, worth nothing once the case's epoch is destroyed, and removed with it.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

from machimori.kernel import canonical
from machimori.kernel.ids import CaseId
from machimori.vault.client.reader import PrivateKey
from machimori.vault.client.release import CaseKeys
from machimori.vault.errors import VaultMalformedError, VaultRefusedError, VaultUnavailableError
from machimori.vault.opening.core import Core
from machimori.vault.opening.places import Epoch
from machimori.vault.opening.state import case_epoch


def path(core: Core, case: str) -> Path:
    """The case's file."""
    return core.home / "keyring" / f"{case_epoch(case)}.0.json"


def read(core: Core, case: CaseId) -> CaseKeys:
    """The case's keys. Raises VaultRefusedError `no_hold` if there are none."""
    source = _load(core, case)
    return CaseKeys(
        case=case,
        public=canonical.unb64(source.get("public"), where="public"),
        sealed={
            bytes.fromhex(segment): canonical.unb64(sealed, where=segment)
            for segment, sealed in canonical.field(source, "segments", dict).items()
        },
    )


def private_key(core: Core, case: CaseId) -> PrivateKey:
    """The case's private key. Raises VaultRefusedError `destroyed` if its epoch is gone."""
    name = case_epoch(case)
    state = core.state.epochs.get(name)
    if state is None or name in core.state.intents:
        raise VaultRefusedError("destroyed", "the case's keys were destroyed", where=case)
    epoch = core.places.load(name, state.generation)
    if epoch is None:
        raise VaultUnavailableError("no place that holds the case's epoch is there", where=case)
    wrapped = canonical.unb64(_load(core, case).get("wrapped"), where="wrapped")
    return core.opened().unwrap(wrapped, epoch.secrets[0], name)


def create(core: Core, case: CaseId, generation: int) -> CaseKeys:
    """A key pair for the case: its epoch object, then its file. Counts once it is recorded."""
    private = PrivateKey.generate()
    secret = secrets.token_bytes(32)
    name = case_epoch(case)
    core.places.write(Epoch(name=name, generation=generation, secrets={0: secret}))
    keys = CaseKeys(case=case, public=private.public, sealed={})
    _save(core, keys, core.opened().wrap(private, secret, name))
    return keys


def add(core: Core, keys: CaseKeys, sealed: Mapping[bytes, bytes]) -> CaseKeys:
    """The case with more segments, durably."""
    wrapped = canonical.unb64(_load(core, keys.case).get("wrapped"), where="wrapped")
    grown = CaseKeys(case=keys.case, public=keys.public, sealed={**keys.sealed, **sealed})
    _save(core, grown, wrapped)
    return grown


def _save(core: Core, keys: CaseKeys, wrapped: bytes) -> None:
    content = canonical.dumps(
        {
            "public": canonical.b64(keys.public),
            "segments": {s.hex(): canonical.b64(value) for s, value in keys.sealed.items()},
            "wrapped": canonical.b64(wrapped),
        }
    )
    core.disk.replace(path(core, keys.case), content, mode=0o600)


def _load(core: Core, case: str) -> dict[str, canonical.Json]:
    try:
        return canonical.load_object(path(core, case).read_bytes())
    except FileNotFoundError as error:
        raise VaultRefusedError("no_hold", "nothing is held for this case", where=case) from error
    except OSError as error:
        raise VaultMalformedError("the case's file cannot be read", where=case) from error
