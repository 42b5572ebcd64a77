# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the page of a camera to its recorded footage, and back to the page; a real camera and a real
recorder, which is told nothing but what the register's page writes."""

import dataclasses
import datetime as dt
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from machimori.cli.running.testing import free_port
from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros, local_day
from machimori.kernel.signing import SigningKey
from machimori.office.cameras import actions, feeding, yesterday
from machimori.office.cameras.actions import Particulars
from machimori.office.cameras.models import Connection, RecordedDay
from machimori.office.people.testing import Cast
from machimori.office.shared import recorders
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.engine import engine, install
from machimori.office.shared.posts import POSTS
from machimori.recorder.feed import load_keys
from machimori.recorder.node import Node
from machimori.recorder.testing_place import Place, until
from machimori.simcity.city import SimCity

PASSWORD = "recorder-password-7"
ADDRESS = "rtsp://192.0.2.7/stream1"


@pytest.fixture
def place(tmp_path: Path, office_config: OfficeConfig) -> Iterator[Place]:
    """A recorder `rec-1` of this machine, which follows the register."""
    made = Place(directory=tmp_path / "recorders" / "rec-1", vault=SigningKey.generate())
    made.directory.mkdir(parents=True)
    recorders.forget()
    with override_settings(
        OFFICE=dataclasses.replace(office_config, recorders=tmp_path / "recorders")
    ):
        yield made


def write(place: Place, cast: Cast) -> None:
    listen = f'listen = "127.0.0.1:{free_port()}"'
    place.write({}, scheme=cast.scheme.pk, more=['cameras = "rec/cameras.json"', listen])
    load_keys(place.directory / "rec", Disk())


def post(browser: Client, address: str, typed: dict[str, str]) -> str:
    """The page that answers; what waits for the commit is done."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return browser.post(address, typed, follow=True).content.decode()


def register(browser: Client, name: str, **typed: str) -> None:
    said = {"name": name, "place": "中央町", "retention_class": "street", "identifies": "yes"}
    post(browser, reverse("cameras:new"), {"camera": name, "status": "active", **said, **typed})


def connect(browser: Client, name: str, **typed: str) -> str:
    given = {"recorder": "rec-1", "url": ADDRESS, "number": "0", **typed}
    return post(browser, reverse("cameras:connection", args=[name]), given)


def everything_stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT convert_from(body, 'UTF8') FROM ledger.pending")
        ledger = "".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT row_to_json(c)::text FROM office.cameras_connection c")
        return ledger + "".join(row[0] for row in cursor.fetchall())


def test_I5_M4_a_camera_on_a_page_is_recorded_and_its_page_says_so(
    office: ManualClock, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """Registered, connected with its password, recorded, paused: no restart, no line in a file. Its
    page has the line's health (bit rate, reconnections) as it is, and each gap with its cause."""
    cast = Cast.of(office)
    browser = cast.browser(cast.person("handling_supervisor"))
    caplog.set_level(logging.DEBUG)
    with SimCity(1, codecs=("h264",), size=(320, 240), auth="digest-sha256") as city:
        (name,) = city.cameras
        write(place, cast)
        place.write_keys((name,))
        register(browser, name)
        shown = connect(
            browser,
            name,
            url=city.url(name),
            username=city.credentials.username,
            password=city.credentials.password,
        )
        node = Node(recorders.recorders(ask=False).found[0].config)
        node.start()
        try:
            until(lambda: any(lane.bytes > 5000 for lane in node.lanes))
            recorders.forget()
            shown += browser.get(reverse("cameras:camera", args=[name])).content.decode()
            assert "録画しています" in shown
            assert "kbit/s" in shown
            assert "つなぎ直し" in shown
            listed = browser.get(reverse("cameras:register")).content.decode()
            assert "最後の画像" in listed
            now = time.strftime("%m/%d", time.gmtime(time.time() + 9 * 3600))
            assert now in listed
            pause(browser, name)
            until(lambda: not node.lanes)
        finally:
            node.stop()
    assert ("withdrawn", True) in [(cause, True) for cause, _ in place.gaps()]
    assert place.check().segments >= 1
    assert place.problems() == []
    # Nowhere but in the recorder's memory: no page, no table, no ledger, no log, no file.
    password = city.credentials.password
    files = [path.read_bytes() for path in place.directory.rglob("*.json")]
    assert password not in shown + listed + everything_stored() + caplog.text
    assert not any(password.encode() in data for data in files)
    counted(browser, name, place)


def pause(browser: Client, name: str) -> None:
    said = {"name": name, "place": "中央町", "retention_class": "street", "identifies": "yes"}
    typed = {**said, "status": "paused", "reason": "工事", "number": "1"}
    post(browser, reverse("cameras:correct", args=[name]), typed)


def counted(browser: Client, name: str, place: Place) -> None:
    """The night's count finds the seconds and the gaps, and the page shows both."""
    now = Micros(time.time_ns() // 1000)
    install(dataclasses.replace(engine(), open_footage=lambda: place.store))
    for _ in range(2):
        yesterday.count(local_day(now), now=now)
    (day,) = RecordedDay.objects.filter(camera=name)
    assert 0 < day.seconds < 300
    assert day.gaps
    shown = browser.get(reverse("cameras:camera", args=[name])).content.decode()
    assert "記録がなく、原因は分かりません" in shown


def test_an_empty_password_keeps_the_one_before_and_a_new_address_needs_it_again(
    office: ManualClock, place: Place
) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_administrator"))
    write(place, cast)
    register(cast.browser(cast.person("system_manager")), "cam-1")
    connect(browser, "cam-1", username="u", password=PASSWORD)
    sealed = bytes(Connection.objects.get().sealed)
    page = browser.get(reverse("cameras:connection", args=["cam-1"])).content.decode()
    assert PASSWORD not in page
    assert "前のパスワードを使います" in page
    connect(browser, "cam-1", number="1", url=ADDRESS + "/2", username="u")
    assert bytes(Connection.objects.get(number=2).sealed) == sealed
    for other in ({"url": "rtsp://198.51.100.9/stream1"}, {"username": "v"}):
        answer = connect(browser, "cam-1", **{"number": "2", "username": "u", **other})
        assert "パスワードをもう一度入れてください" in answer
    assert Connection.objects.count() == 2
    stale = connect(browser, "cam-1", number="1", username="u")
    assert "ほかの人が先に変えました" in stale


@pytest.mark.parametrize(
    "url",
    ["http://192.0.2.7/", "rtsp://user:word@192.0.2.7/", "rtsp://", "192.0.2.7", "rtsp://a b/"],
)
def test_what_is_no_address_is_refused(office: ManualClock, place: Place, url: str) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    write(place, cast)
    register(browser, "cam-1")
    assert "この接続先は使えません" in connect(browser, "cam-1", url=url)
    assert not Connection.objects.exists()


def test_only_the_schemes_own_recorder_is_offered(office: ManualClock, place: Place) -> None:
    cast, other = Cast.of(office), Cast.of(office)
    write(place, other)
    browser = cast.browser(cast.person("system_manager"))
    register(browser, "cam-1")
    page = browser.get(reverse("cameras:connection", args=["cam-1"])).content.decode()
    assert "この制度の録画装置が、まだありません" in page
    connect(browser, "cam-1")
    assert not Connection.objects.exists()


def test_a_file_that_was_lost_or_altered_is_written_again(
    office: ManualClock, place: Place
) -> None:
    """What the worker does once a minute: a crash between commit and file costs a minute."""
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    write(place, cast)
    register(browser, "cam-1")
    connect(browser, "cam-1")
    path = place.directory / "rec" / "cameras.json"
    written = path.read_bytes()
    path.write_text("{}")
    feeding.feed()
    assert path.read_bytes() == written
    before = path.stat().st_ino
    feeding.feed()
    assert path.stat().st_ino == before


def test_many_cameras_of_one_file_are_told_once(office: ManualClock, place: Place) -> None:
    cast = Cast.of(office)
    write(place, cast)
    said = Particulars(name="公園", place="東町", retention_class="street", identifies=True)
    found = [(CameraId(f"cam-{number}"), said) for number in range(30)]
    with TestCase.captureOnCommitCallbacks() as told:
        actions.register_all(found, acting=cast.acting(cast.person("system_manager")))
    assert told == [feeding.feed]


def test_who_sets_a_connection(office: ManualClock, place: Place) -> None:
    cast = Cast.of(office)
    write(place, cast)
    register(cast.browser(cast.person("system_manager")), "cam-1")
    allowed = ("system_manager", "handling_supervisor", "system_administrator")
    for post_ in POSTS:
        answer = cast.browser(cast.person(post_)).get(reverse("cameras:connection", args=["cam-1"]))
        assert (answer.status_code == 200) == (post_ in allowed), post_


def test_M3_a_host_neither_sees_nor_sets_a_connection(office: ManualClock, place: Place) -> None:
    """The household on whose wall a camera hangs comes to no page of it, its address or its
    password."""
    cast = Cast.of(office)
    write(place, cast)
    register(cast.browser(cast.person("system_manager")), "cam-1")
    host = cast.browser(cast.person("host"))
    for route in ("camera", "connection", "correct"):
        assert host.get(reverse(f"cameras:{route}", args=["cam-1"])).status_code in (403, 404)
    answer = host.post(
        reverse("cameras:connection", args=["cam-1"]),
        {"recorder": "rec-1", "url": ADDRESS, "number": "0"},
    )
    assert answer.status_code in (403, 404)
    assert not Connection.objects.exists()


def test_a_recorder_that_is_silent_is_not_waited_for(office: ManualClock, place: Place) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("operator"))
    write(place, cast)
    register(cast.browser(cast.person("system_manager")), "cam-1")
    begun = time.monotonic()
    assert "不明" in browser.get(reverse("cameras:register")).content.decode()
    assert time.monotonic() - begun < 10
    day = dt.date(2026, 5, 13)
    row = RecordedDay(camera_id="cam-1", day=day, seconds=86_400, gaps=[])
    row.save(force_insert=True)
    assert "24時間0分" in browser.get(reverse("cameras:register")).content.decode()
