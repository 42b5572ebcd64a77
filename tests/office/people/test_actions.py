# SPDX-License-Identifier: AGPL-3.0-or-later
"""Appointing, ending, codes and keys: what is refused, what is recorded, what cannot overlap."""

import datetime as dt
import threading
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection
from psycopg import errors

from machimori.kernel.clock import ManualClock
from machimori.ledger.entry import Entry
from machimori.ledger.testing import LedgerProcess
from machimori.office.people import actions, signing_in
from machimori.office.people.models import Appointment
from machimori.office.people.testing import Cast
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import POSTS

DAY = dt.timedelta(days=1)


def recorded() -> list[Entry]:
    """What this test's transaction has put before the sequencer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM ledger.pending ORDER BY seq")
        return [Entry.decode(bytes(row[0])) for row in cursor.fetchall()]


def test_A3_K4_the_manager_appoints_and_the_ledger_knows_no_name(office: ManualClock) -> None:
    """The 管理責任者 appoints; fact and entry are one transaction; the entry holds no name."""
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person()
    actions.appoint(person, "operator", acting=cast.acting(manager), valid_from=cast.now)
    entry = recorded()[-1]
    assert entry.type == "appointment.made"
    assert entry.subject == {
        "by": manager.officer,
        "officer": person.officer,
        "scheme": cast.scheme.pk,
    }
    assert person.name not in entry.encode().decode()


@pytest.mark.parametrize("post", [post for post in POSTS if post != "system_manager"])
def test_nobody_else_appoints_an_operator(office: ManualClock, post: Any) -> None:
    cast = Cast.of(office)
    acting = cast.acting(cast.person(post))
    with pytest.raises(ActionRefusedError):
        actions.appoint(cast.person(), "operator", acting=acting, valid_from=cast.now)


def test_the_police_appoint_their_own_operators_only(office: ManualClock) -> None:
    cast = Cast.of(office, profile="asahikawa")
    acting = cast.acting(cast.person("police_image_manager"))
    actions.appoint(cast.person(), "police_operator", acting=acting, valid_from=cast.now)
    with pytest.raises(ActionRefusedError):
        actions.appoint(cast.person(), "police_image_manager", acting=acting, valid_from=cast.now)


def test_one_post_is_held_once_at_a_time(office: ManualClock) -> None:
    cast = Cast.of(office)
    acting = cast.acting(cast.person("system_manager"))
    person, now = cast.person(), cast.now
    actions.appoint(person, "viewer", acting=acting, valid_from=now, valid_until=now + 10 * DAY)
    with pytest.raises(ActionRefusedError):
        actions.appoint(person, "viewer", acting=acting, valid_from=now + 9 * DAY)
    actions.appoint(person, "viewer", acting=acting, valid_from=now + 10 * DAY)
    assert Appointment.objects.filter(person=person).count() == 2


def test_the_last_manager_stays_until_there_is_another(office: ManualClock) -> None:
    cast = Cast.of(office)
    manager, next_one = cast.person("system_manager"), cast.person()
    own = Appointment.objects.get(person=manager)
    until = cast.now + 30 * DAY
    with pytest.raises(ActionRefusedError):
        actions.end_appointment(own, acting=cast.acting(manager), until=until)
    actions.appoint(next_one, "system_manager", acting=cast.acting(manager), valid_from=until)
    actions.end_appointment(own, acting=cast.acting(manager), until=until)
    assert recorded()[-1].type == "appointment.ended"


def test_what_has_ended_cannot_be_ended_again(office: ManualClock) -> None:
    cast = Cast.of(office)
    acting = cast.acting(cast.person("system_manager"))
    made = actions.appoint(cast.person(), "viewer", acting=acting, valid_from=cast.now)
    actions.end_appointment(made, acting=acting, until=cast.now)
    with pytest.raises(ActionRefusedError):
        actions.end_appointment(made, acting=acting, until=cast.now + DAY)


def test_a_manager_of_another_scheme_gets_no_code(office: ManualClock) -> None:
    cast, other = Cast.of(office), Cast.of(office)
    person = cast.person("operator")
    with pytest.raises(ActionRefusedError):
        actions.issue_code(person, acting=other.acting(other.person("system_manager")))
    assert actions.issue_code(person, acting=cast.acting(cast.person("system_manager")))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE office.people_appointment SET post = 'system_manager'",
        "UPDATE office.people_appointment SET valid_from = now()",
        "DELETE FROM office.people_appointment",
        "DELETE FROM office.people_signin",
        "UPDATE office.people_credential SET spki = ''",
        "UPDATE office.people_person SET officer = 'o-1'",
        "INSERT INTO office.django_migrations (app, name, applied) VALUES ('a', 'b', now())",
        "DELETE FROM ledger.pending",
        "CREATE TABLE office.own (x int)",
        "SET ROLE machimori_office_owner",
    ],
)
def test_the_web_process_has_no_right_to_rewrite(database: LedgerProcess, statement: str) -> None:
    with (
        psycopg.connect(database.home.conninfo("office")) as connected,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connected.execute(statement)


def test_two_transactions_cannot_overlap_unseen(database: LedgerProcess) -> None:
    """The second waits for the first, then is refused."""
    url = database.home.conninfo("office") + " options='-c search_path=office'"
    insert = (
        "INSERT INTO people_appointment (scheme_id, person_id, post, valid_from, decision,"
        " created_at) VALUES ('race', %s, 'guard', now(), '', now())"
    )
    with psycopg.connect(url) as first, psycopg.connect(url) as second:
        first.execute("INSERT INTO people_scheme (id, name, profile) VALUES ('race', 'r', 'sakai')")
        made = first.execute(
            "INSERT INTO people_person (officer, login, name, kana, section, password,"
            " password_provisional, failures,"
            " sessions_from, created_at) VALUES ('o-race', 'race', 'r', '', '', '', false, 0,"
            " now(), now())"
            " RETURNING id"
        ).fetchone()
        assert made is not None
        first.commit()
        first.execute(insert, made)
        outcome: list[str] = []

        def overlap() -> None:
            try:
                second.execute(insert, made)
                outcome.append("made")
            except errors.ExclusionViolation:
                outcome.append("refused")

        waiting = threading.Thread(target=overlap)
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        first.commit()
        waiting.join(10)
        assert outcome == ["refused"]


def test_a_decision_s_number_is_entered_once(office: ManualClock) -> None:
    cast = Cast.of(office)
    acting = cast.acting(cast.person("system_manager"))
    made = actions.appoint(cast.person(), "viewer", acting=acting, valid_from=cast.now)
    actions.note_decision(made, "市危第12号", acting=acting)
    assert recorded()[-1].type == "appointment.decided"
    with pytest.raises(ActionRefusedError):
        actions.note_decision(made, "市危第13号", acting=acting)
    with pytest.raises(IntegrityError):
        Appointment.objects.filter(pk=made.pk).update(decision="市危第13号")


def test_a_new_code_ends_the_one_before(office: ManualClock) -> None:
    cast = Cast.of(office)
    acting, person = cast.acting(cast.person("system_manager")), cast.person("guard")
    first, second = (actions.issue_code(person, acting=acting) for _ in range(2))
    with pytest.raises(ActionRefusedError):
        signing_in.by_code(person.login, first, address="", at=cast.now)
    assert signing_in.by_code(person.login, second, address="", at=cast.now) == person
