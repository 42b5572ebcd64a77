# SPDX-License-Identifier: AGPL-3.0-or-later
"""The row per case that the database keeps: it says what the facts say; nobody else writes it."""

from typing import Any

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

from machimori.kernel.clock import ManualClock
from machimori.office.disclosure.models import Head as DisclosureHead
from machimori.office.disclosure.testing import Window
from machimori.office.internal.models import Head as InternalHead
from machimori.office.internal.testing import Users
from machimori.office.people.heads import HeadRow
from machimori.office.provision.models import Head as ProvisionHead
from machimori.office.provision.testing import Desk

HEADS = [model for model in apps.get_models() if issubclass(model, HeadRow)]


def assert_follows(head: HeadRow, facts: Any) -> None:
    first, last = facts.order_by("serial").first(), facts.order_by("serial").last()
    assert (head.began, head.by_id) == (first.at, first.by_id)
    assert (head.serial, head.state, head.at) == (last.serial, last.state, last.at)


def test_a_head_says_what_the_facts_say(office: ManualClock) -> None:
    desk = Desk.of(office)
    window = Window(desk=desk, clock=office)
    asked = window.take_in()
    office.advance(60)
    window.act(asked, "accept")
    head = DisclosureHead.objects.get(case=asked.case)
    assert_follows(head, asked.case.facts)
    assert head.words == "山田 花子 5月10日の夜、1階の出入口で私が写っている画像"
    users = Users.of(desk)
    file = users.drafted()
    office.advance(60)
    users.sign(file)
    assert_follows(InternalHead.objects.get(case=file.use), file.use.facts)


def test_a_case_of_provision_is_counted_by_what_was_asked_and_decided(office: ManualClock) -> None:
    desk = Desk.of(office)
    file = desk.drafted()
    office.advance(86_400)
    desk.act(file, "refuse", reason="範囲が広すぎる", clause="")
    head = ProvisionHead.objects.get(case=file.case)
    assert head.ground == "investigation"
    assert head.received == file.facts[0].at
    assert head.decided is not None
    assert (head.decided - file.facts[0].at).days == 1


@pytest.mark.parametrize("model", HEADS, ids=lambda model: model._meta.app_label)
def test_the_web_process_writes_no_head(office: ManualClock, model: type[HeadRow]) -> None:
    table = model._meta.db_table
    for statement in (
        f"UPDATE office.{table} SET state = 'closed'",
        f"INSERT INTO office.{table} (case_id) VALUES ('c')",
        f"DELETE FROM office.{table}",
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_four_apps_have_heads() -> None:
    assert {model._meta.app_label for model in HEADS} == {
        *("direct", "disclosure", "internal", "police")
    }
