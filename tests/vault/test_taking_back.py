# SPDX-License-Identifier: AGPL-3.0-or-later
"""An authorisation that is taken back opens nothing more, whatever its reader holds."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.vault.test_restoring import restore

from machimori.kernel.envelope import Envelope
from machimori.vault.client.statements import Authorisation, AuthorisationEnd
from machimori.vault.client.testing import Officer, nonce, signed
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.setup import backup
from machimori.vault.opening.testing import Rig, Segment


def end(envelope: Envelope) -> AuthorisationEnd:
    said = Authorisation.decode(envelope)
    return AuthorisationEnd(
        authorisation=envelope.digest().hex(),
        case=said.case,
        scheme=said.scheme,
        ground=said.ground,
        reason="revoked",
        nonce=nonce(),
    )


def refused(rig: Rig, envelope: Envelope, segment: Segment) -> str:
    """The reason; asked with the reader's secret, and with the ledger to prove everything."""
    with pytest.raises(VaultRefusedError) as caught:
        rig.release(envelope, segment)
    return caught.value.reason


def test_nothing_opens_from_then_on(rig: Rig) -> None:
    segment = rig.segment()
    used, unused = rig.authorise(segment, openings=3), rig.authorise(segment, case="case-2")
    rig.release(used, segment)
    for envelope in (used, unused):
        rig.vault.submit(signed(end(envelope), rig.officers[0]))
        assert refused(rig, envelope, segment) == "taken_back"
    rig.release(rig.authorise(segment, case="case-3"), segment)


def test_it_stays_taken_back_after_restart_and_restored_backup(rig: Rig, tmp_path: Path) -> None:
    segment = rig.segment()
    envelope = rig.authorise(segment)
    archive = tmp_path / "backup.tar"
    backup(rig.home, archive)
    rig.vault.submit(signed(end(envelope), rig.officers[0]))
    rig.restart()
    assert refused(rig, envelope, segment) == "taken_back"
    rig.vault.close()
    restore(archive, rig.home)
    shutil.rmtree(rig.places["second"])
    rig.vault = rig.open()
    assert refused(rig, envelope, segment) == "taken_back"


def test_only_who_may_decide_takes_back(rig: Rig) -> None:
    clerk, chief = Officer("clerk", posts=("operator",)), Officer("chief", posts=("chief",))
    rig.submit(clerk.appointment())
    rig.submit(chief.appointment())
    segment = rig.segment()
    envelope = rig.authorise(segment)
    for officer in (clerk, chief):
        with pytest.raises(VaultRefusedError) as caught:
            rig.vault.submit(signed(end(envelope), officer))
        assert caught.value.reason == "wrong_post"
    with pytest.raises(VaultRefusedError) as caught:
        rig.vault.submit(end(envelope).envelope())
    assert caught.value.reason == "too_few_signers"
    rig.release(envelope, segment)


def test_another_spelling_of_the_same_approval_is_another_statement(rig: Rig) -> None:
    """What ends is exactly the signed statement: who wants more leave needs new signatures."""
    segment = rig.segment()
    envelope = rig.authorise(segment)
    rig.vault.submit(signed(end(envelope), rig.officers[0]))
    again = replace(Authorisation.decode(envelope), nonce=nonce()).envelope()
    forged = replace(again, signatures=envelope.signatures)
    assert refused(rig, forged, segment) == "bad_signature"
