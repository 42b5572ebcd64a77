# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hosts, auditors and the system administrator against every route there is, over real cases."""

from collections.abc import Iterator

from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people.models import Person
from machimori.office.provision.testing import Desk
from machimori.office.shared.posts import Post, admission
from machimori.office.site.routes import Route, routes
from machimori.office.terminals.models import Terminal

OWN = {
    "people:change_person",
    "people:change_scheme",
    "people:codes",
    "people:keys",
    "people:lost",
    "people:no_codes",
    "people:password",
    "people:register",
    "people:register_options",
    "people:today",
}
"""One's own keys and password, and the empty first page."""
FOOTAGE = (
    *("viewing:open", "viewing:player", "viewing:media", "viewing:close", "police:download"),
    *("direct:first", "direct:picture", "direct:download", "watching:page", "watching:pictures"),
)


def admitting(post: Post) -> Iterator[Route]:
    """The routes, not open to everybody, that a person with this one post may enter."""
    for route in routes():
        found = admission(route.view)
        if found is not None and found.person and found.admits(frozenset({post})):
            yield route


def test_M3_a_host_enters_their_own_keys_and_nothing_of_the_city(office: ManualClock) -> None:
    """Of all routes a host (and an installer) has those of their own sign-in; a case's pages, its
    pictures and its packages are shut, and the first page names nothing of it."""
    desk = Desk.of(office, profile="matsudo")
    file = desk.take_in(ground="police")
    for post in ("host", "installer"):
        assert {route.name for route in admitting(post)} == OWN
        browser = desk.browser(desk.cast.person(post))
        for name in ("provision:case", "viewing:open", "provision:cases", "cameras:register"):
            args = [] if name in ("provision:cases", "cameras:register") else [file.case.pk]
            for answer in (browser.get, browser.post):
                assert answer(reverse(name, args=args)).status_code == 403, name
        first = browser.get("/").content.decode()
        assert file.number not in first
        assert "<video" not in first


def test_A20_K12_an_auditor_reads_every_register_and_opens_no_footage(office: ManualClock) -> None:
    """Cases, disclosure, viewings, pledges, keys, transfers, terminals, rules: all read, nothing
    written; what plays or hands out footage is shut."""
    desk = Desk.of(office)
    file = desk.take_in()
    browser = desk.browser(desk.cast.person("auditor"))
    for name in (
        "people:appointments",
        "deputies:list",
        "personnel:pledges",
        "personnel:keys",
        "personnel:transfers",
        "personnel:handovers",
        "personnel:rosters",
        "provision:cases",
        "disclosure:cases",
        "police:extractions",
        "police:stations",
        "direct:acquisitions",
        "direct:reconciliation",
        "direct:agreements",
        "watching:shifts",
        "terminals:register",
        "viewing:listing",
        "rules:answers",
    ):
        assert browser.get(reverse(name)).status_code == 200, name
    assert file.number in browser.get(reverse("provision:cases")).content.decode()
    assert browser.get(reverse("viewing:open", args=[file.case.pk])).status_code == 403
    names = {route.name for route in admitting("auditor")}
    assert names.isdisjoint(FOOTAGE)


def test_A20_the_system_administrator_sees_no_case_no_name_and_no_footage(
    office: ManualClock,
) -> None:
    """Every page that they may enter, over a case, a terminal with its log and a corrected camera:
    no name but their own, no number of a case, no picture."""
    desk = Desk.of(office)
    file = desk.take_in()
    desk.manager.name = "佐藤 花子"
    desk.manager.save(update_fields=["name"])
    typed = {"number": "1号", "serial": "SN-1", "place": "guard_room", "storage": "保管庫"}
    desk.browser().post(reverse("terminals:new"), typed)
    terminal = Terminal.objects.get(scheme=desk.cast.scheme)
    desk.browser().post(reverse("terminals:terminal", args=[terminal.pk]), {"kind": "taken_out"})
    assert "佐藤 花子" in desk.browser().get(f"/terminals/{terminal.pk}/").content.decode()
    admin = desk.cast.person("system_administrator")
    browser = desk.browser(admin)
    # Of this scheme only: tests that commit leave people of other schemes behind.
    others = (
        Person.objects.filter(appointments__scheme=desk.cast.scheme)
        .exclude(pk=admin.pk)
        .values_list("name", flat=True)
    )
    assert "佐藤 花子" in others
    looked: set[str] = set()
    for route in admitting("system_administrator"):
        given = {"int": terminal.pk, "slug": "cam-1", "str": "cam-1"}
        args = {name: given.get(kind, "cam-1") for name, kind in route.converters.items()}
        answer = browser.get(reverse(route.name, kwargs=args))
        if answer.status_code != 200 or answer.streaming:
            continue
        looked.add(route.name)
        text = answer.content.decode()
        assert file.number not in text, route.name
        assert "<video" not in text, route.name
        assert not [name for name in others if name in text], route.name
    assert {"people:today", "terminals:terminal", "cameras:camera", "personnel:signers"} <= looked
    assert {route.name for route in admitting("system_administrator")}.isdisjoint(FOOTAGE)
