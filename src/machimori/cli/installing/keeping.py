# SPDX-License-Identifier: AGPL-3.0-or-later
"""The step of `machimori init` that makes the vault.

`vault.opening.setup.initialise` refuses where there is anything of a vault, also half of one. So
before it begins, its directories are found empty and that is noted; a crash in between is mended by
removing those halves and beginning anew. Nothing is lost: a vault without a charter never made a
key.
"""

from pathlib import Path
from typing import Final

from machimori.cli.installing.making import Making
from machimori.kernel.clock import SystemClock
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MachimoriError, UsageError
from machimori.ledger.postgres.home import Home
from machimori.vault.client.statements import Appointment
from machimori.vault.opening import setup
from machimori.vault.opening.clocks import KernelClockStatus
from machimori.vault.opening.officers import RelyingParty

_BEGUN: Final = "vault.begun"
CHARTER: Final = "charter.json"
_PARTS: Final = ("place.json", "vault.log", "root.json", "journal.key", "places.json")
"""What a vault without a charter consists of."""


def make_vault(making: Making) -> bool:
    """Make the vault unless there is one.

    1. find its directories empty; 2. note that (`vault.begun`); 3. make it, `charter.json` last;
    4. remove the note. Raises UsageError, and what `setup.initialise` does.
    """
    home, answers = making.directory / "vault", making.answers
    begun = making.directory / _BEGUN
    if (home / CHARTER).exists():
        begun.unlink(missing_ok=True)
        return False
    places = {name: Path(path) for name, path in answers.places.items()}
    if begun.exists():
        for path in (home, *places.values()):
            _empty(path)
    for path in (home, *places.values()):
        if path.is_dir() and any(path.iterdir()):
            raise UsageError(
                "is not empty, and no vault is made in it",
                where=str(path),
                remedy="name an empty directory on that disk",
            )
    officers = _officers(making)
    method, secret = making.secret()
    making.disk.replace(begun, b"")
    setup.initialise(
        home,
        places=places,
        officers=officers,
        quorum=answers.quorum,
        posts=(answers.post,),
        ledger_key=Home.read(making.directory / "ledger").key.vkey(),
        method=method,
        secret=secret,
        clock=SystemClock(),
        status=KernelClockStatus(),
        party=RelyingParty(rp_id=answers.host, origins=(answers.origin,)),
        disk=making.disk,
    )
    begun.unlink()
    return True


def read_appointment(path: Path) -> Appointment:
    """An officer's appointment from a file. Raises UsageError."""
    try:
        return Appointment.decode(Envelope.decode(path.read_bytes()))
    except (OSError, MachimoriError) as error:
        raise UsageError(
            "is no appointment",
            where=str(path),
            remedy="each officer makes one with `machimori vault officer`",
        ) from error


def _officers(making: Making) -> tuple[Appointment, ...]:
    found = tuple(
        read_appointment(path) for path in sorted((making.directory / "officers").glob("*.json"))
    )
    holders = [one for one in found if making.answers.post in one.posts]
    if len(holders) < making.answers.quorum:
        raise UsageError(
            f"{len(holders)} appointments of the post {making.answers.post} are here, and"
            f" {making.answers.quorum} officers must sign what changes the vault",
            where="--officer",
            remedy="each officer makes a key and an appointment on a computer of their own with"
            f" `machimori vault officer --post {making.answers.post}`; then run this again with"
            " --officer FILE for each",
        )
    return found


def _empty(directory: Path) -> None:
    """Remove the halves of a vault, and nothing else: a disk may have been exchanged meanwhile."""
    if not directory.is_dir():
        return
    for path in directory.iterdir():
        if path.is_file() and (path.name in _PARTS or path.name.endswith(".tmp")):
            path.unlink()
