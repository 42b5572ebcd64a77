# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invented people are entered in a demo, and nowhere else."""

import dataclasses

import pytest
from django.conf import settings

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import local_day
from machimori.office.people.models import Scheme
from machimori.office.sample.diary import Days
from machimori.office.sample.people import found
from machimori.office.sample.towns import TOWNS, Town
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.errors import OfficeConfigError


def test_no_office_but_a_demo_s_is_filled(
    office: ManualClock, office_config: OfficeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "OFFICE", dataclasses.replace(office_config, demo=False))
    days = Days(today=local_day(office.now()))
    with pytest.raises(OfficeConfigError, match="only a demo"):
        found(TOWNS[0], 1, clock=office, days=days)
    assert not Scheme.objects.filter(pk=TOWNS[0].id).exists()


@pytest.mark.parametrize("town", TOWNS, ids=[town.id for town in TOWNS])
def test_each_scheme_starts_with_a_person_and_a_key_for_each_post(
    office: ManualClock, town: Town
) -> None:
    desk = found(town, 1, clock=office, days=Days(today=local_day(office.now())))
    today = local_day(office.now())
    assert desk.cast.scheme.started_on == (today if town.starts else None)
    assert desk.people.keys() == town.people.keys()
    for person in desk.people.values():
        assert [key.software_demo for key in person.credentials.all()] == [True]
