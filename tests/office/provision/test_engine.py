# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was signed on a page opens the vault, and nothing else does."""

import pytest

from machimori.evidence.glimpse import first_picture
from machimori.evidence.ordering import Order
from machimori.footage.picture import DecodedPicture
from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.office.provision.history import File
from machimori.office.provision.readers import reader_of
from machimori.office.provision.testing_engine import EngineRoom
from machimori.office.shared.engine import engine
from machimori.vault.errors import VaultRefusedError

pytestmark = pytest.mark.alone


def opened(file: File, envelope: Envelope) -> DecodedPicture:
    """The first picture that comes out."""
    return first_picture(
        client=engine().vault,
        ledger=engine().ledger,
        store=engine().store,
        order=Order(authorisation=envelope),
        reader=reader_of(file.case.case_id),
        clock=engine().clock,
    )


def test_a_case_approved_on_the_page_is_opened_by_the_vault(room: EngineRoom) -> None:
    file = room.approved()
    authorised = file.latest("authorised")
    assert authorised is not None
    envelope = Envelope.decode(canonical.unb64(authorised.data["envelope"], where="envelope"))
    found = opened(file, envelope)
    assert (found.frame.width, found.frame.height) == (160, 96)


def test_a_draft_that_nobody_signed_opens_nothing(room: EngineRoom) -> None:
    file = room.approved()
    assert file.statement is not None
    with pytest.raises(VaultRefusedError) as refused:
        opened(file, file.statement)
    assert refused.value.reason == "too_few_signers"
