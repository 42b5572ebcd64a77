# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whoever owns the web server and the database, and every secret file of the office.

He writes what he likes into every table, holds the readers' secrets and the sessions' key, and can
put any entry into the ledger. He does not hold the persons' keys (which in an office are no files)
nor the vault's root. What he asks of the vault is refused, whatever the tables say.
"""

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from machimori.evidence.ordering import Order
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CameraId, CaseId, OfficerId
from machimori.kernel.instants import Micros, micros
from machimori.ledger.postgres.server import DATABASE
from machimori.ledger.testing import LedgerProcess
from machimori.office.people.models import Credential
from machimori.office.provision.orders import order_of
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.shared.engine import engine
from machimori.vault.client.statements import (
    Appointment,
    Authorisation,
    Hold,
    HoldEnd,
    Revocation,
    Rules,
    Statement,
)
from machimori.vault.client.testing import FAR, Officer, signed
from machimori.vault.errors import VaultRefusedError

THIEF = Officer("thief", posts=("system-manager",))
"""The attacker's own key, for which the tables say what he likes."""


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(VaultRefusedError) as caught:
        act()
    return caught.value.reason


def own(database: LedgerProcess, desk: EngineDesk) -> None:
    """As the database's superuser: the manager's key is his, and one signature is enough."""
    with psycopg.connect(database.server.superuser(DATABASE)) as connection:
        connection.execute(
            "UPDATE office.people_credential SET keyid = %s, spki = %s WHERE person_id = %s",
            (f"{THIEF.keyid}-{desk.manager.pk}", THIEF.key.public.raw, desk.manager.pk),
        )
        connection.execute(
            "UPDATE office.rules_adoption SET value = '1' FROM office.rules_resolution r"
            " WHERE resolution_id = r.id AND r.scheme_id = %s AND key LIKE '%%.signers'",
            (desk.cast.scheme.pk,),
        )
        connection.execute(
            "UPDATE office.provision_fact SET state = 'instructed' FROM office.provision_case c"
            " WHERE case_id = c.id AND c.scheme_id = %s",
            (desk.cast.scheme.pk,),
        )


def test_P1_the_owner_of_server_and_database_opens_and_appoints_nothing(
    real: EngineDesk, database: LedgerProcess
) -> None:
    """He cannot open, appoint, lower the signers, place or lift holds: every way is refused by
    the vault itself, with its reason."""
    file = real.instructed()
    genuine = order_of(file)
    assert real.look(file, genuine).frame.width == 160
    own(database, real)
    spki = Credential.objects.get(person=real.manager).spki
    assert bytes(spki) == THIEF.key.public.raw
    said = Authorisation.decode(genuine.authorisation)
    wider = replace(said, nonce=secrets.token_hex(16), openings=said.openings - 1)

    def opens(envelope: Envelope) -> str:
        return refused(lambda: real.look(file, Order(authorisation=envelope)))

    # What the tables call the manager's key is nobody's to the vault.
    assert opens(signed(wider, THIEF)) == "unknown_signer"
    assert opens(wider.envelope()) == "too_few_signers"
    # The manager's genuine signature is over something else.
    moved = replace(wider.envelope(), signatures=genuine.authorisation.signatures)
    assert opens(moved) in ("fido2_challenge", "bad_signature")
    # And he knows whose key it is, so he signs in its name.
    keyid = genuine.authorisation.signatures[0].keyid
    assert opens(wider.envelope().signed_by(keyid, THIEF.key)) == "unknown_signer"

    genuine_signatures = genuine.authorisation.signatures
    for wish in wishes(real):
        for envelope in (
            wish.envelope(),
            signed(wish, THIEF),
            replace(wish.envelope(), signatures=genuine_signatures),
        ):
            assert refused(lambda sent=envelope: give(sent)) in (  # type: ignore[misc]
                "too_few_signers",
                "unknown_signer",
                "fido2_challenge",
                "bad_signature",
                "no_hold_ground",
            )
    standing = engine().vault.standing()
    assert THIEF.id not in {one.officer for one in standing.appointments}
    assert standing.rules[-1].version == 1
    assert standing.holds == ()
    # An honest approval still works: he has stopped nobody.
    assert real.look(file, genuine).frame.width == 160


def test_P1_he_lifts_no_hold_that_was_placed(real: EngineDesk, database: LedgerProcess) -> None:
    """A hold that the office placed outlives the tables that say it was never there."""
    known = [real.cast.now.date() + dt.timedelta(days=days) for days in (0, 20)]
    statement = hold(real, "disclosure", known[1])
    real.vault.client.hold(signed(statement, real.vault.officers[0]), ())
    own(database, real)
    end = HoldEnd(
        case=statement.case,
        ground="終わり",
        scheme=statement.scheme,
        nonce=secrets.token_hex(16),
    )
    assert refused(lambda: give(end.envelope())) == "too_few_signers"
    assert refused(lambda: give(signed(end, THIEF))) == "unknown_signer"
    shorter = replace(statement, last_day=known[0].isoformat(), nonce=secrets.token_hex(16))
    assert refused(lambda: give(signed(shorter, THIEF))) == "unknown_signer"
    assert [one.last_day for one in engine().vault.standing().holds] == [known[1].isoformat()]


def give(envelope: Envelope) -> None:
    """Hand a statement to the vault in the way that it takes it."""
    if envelope.payload_type == Hold.payload_type():
        engine().vault.hold(envelope, ())
    else:
        engine().vault.submit(envelope)


def hold(desk: EngineDesk, ground: str, last_day: dt.date) -> Hold:
    return Hold(
        case=CaseId("case-of-his"),
        ground=ground,
        scheme=desk.cast.scheme.scheme_id,
        cameras=(CameraId(desk.cameras[0]),),
        start=desk.start,
        end=desk.end,
        last_day=last_day.isoformat(),
        nonce=secrets.token_hex(16),
    )


def wishes(desk: EngineDesk) -> list[Statement]:
    """An officer of his own, the manager's key replaced, fewer signers, and holds."""
    now = micros(desk.cast.now)
    newest = engine().vault.standing().rules[-1]
    rules: Rules = replace(newest, version=2, effective_from=now, release_posts={})
    replaced = Appointment(
        officer=OfficerId(desk.manager.officer),
        keys=THIEF.appointment().keys,
        posts=("system-manager",),
        valid_from=Micros(0),
        valid_until=FAR,
    )
    last = desk.cast.now.date() + dt.timedelta(days=20)
    return [
        THIEF.appointment(),
        replaced,
        rules,
        Revocation(officer=OfficerId("officer-1"), ground="異動", nonce=secrets.token_hex(16)),
        hold(desk, "disclosure", last),
        hold(desk, "deterrence", last),
    ]
