# SPDX-License-Identifier: AGPL-3.0-or-later
"""Emergency, direct acquisition, internal use and live view, as the documents know them."""

import datetime as dt

import pytest

from machimori.kernel.instants import TOKYO
from machimori.policy.decisions import decide
from machimori.policy.requests import Request
from machimori.policy.testing import NOON, RECORD, adopted, ask, clauses, codes, document


def test_S6_direct_acquisition_from_the_agreements_cameras_by_its_stations() -> None:
    """Direct acquisition is refused on other cameras, to other stations, and without a case."""
    profile = adopted("saga")
    good = {
        "agreement": "project",
        "station": "佐賀南警察署",
        "ground": "incident",
        "case_reference": True,
        "at_terminal": True,
    }
    assert ask(profile, "acquire_directly", "police_operator", **good).allowed
    for change, code in (
        ({"agreement": ""}, "agreement"),
        ({"station": "鳥栖警察署"}, "station"),
        ({"case_reference": False}, "case_reference"),
        ({"ground": ""}, "ground"),
        ({"at_terminal": False}, "terminal"),
    ):
        refused = ask(profile, "acquire_directly", "police_operator", **(good | change))
        assert codes(refused) == {code}
    before = Request(
        act="acquire_directly",
        post="police_operator",
        hours="open",
        at=dt.datetime(2023, 10, 12, 23, 59, tzinfo=TOKYO),
        agreement="project",
        station="佐賀北警察署",
        ground="incident",
        case_reference=True,
        at_terminal=True,
    )
    assert codes(decide(profile, before)) == {"agreement_day"}


def test_I9_live_view_is_impossible() -> None:
    """印西 forbids the monitor itself, whoever asks and wherever they stand."""
    for post in ("system_manager", "operator"):
        decision = ask(adopted("inzai"), "watch_live", post, place="hall", listed=True)
        assert clauses(decision) == {"印西 3(4)オ"}


def test_A12_internal_use_with_reason_and_permitted_attendees() -> None:
    """The three may view, print and copy; others attend with the manager's permission."""
    profile = adopted("asahikawa")
    here = {"at_terminal": True, "place": "office"}
    away = {"use": "copy", "recorded": RECORD, "reason_given": True}
    assert codes(ask(profile, "use_internally", "operator", **away)) == {"terminal", "place"}
    for post, allowed in (("system_manager", True), ("operator", False)):
        assert ask(profile, "permit_internal", post).allowed is allowed
    for post in ("system_manager", "handling_supervisor", "operator"):
        for use in ("view", "print", "copy"):
            facts = {"use": use, "recorded": RECORD, "reason_given": True, **here}
            assert ask(profile, "use_internally", post, **facts).allowed
            attended = ask(profile, "use_internally", post, attendees=1, **facts)
            assert codes(attended) == {"permission"}
            assert ask(
                profile, "use_internally", post, attendees=1, permitted=True, **facts
            ).allowed
    unsaid = ask(profile, "use_internally", "operator", use="view", recorded=RECORD, **here)
    assert codes(unsaid) == {"reason"}


@pytest.mark.parametrize("hours", ["closed_day", "early", "night", "open"])
def test_A17_emergency_extraction_out_of_hours_on_the_chiefs_order(hours: str) -> None:
    """Ordered when the office is closed; in office hours the refusal says to apply."""
    profile = adopted("asahikawa")
    order = Request(
        act="order_emergency",
        post="police_image_manager",
        hours=hours,  # type: ignore[arg-type]  # one of the four, from the list above
        at=NOON,
        cause="crime",
        reason_given=True,
    )
    assert decide(profile, order).allowed is (hours != "open")
    if hours == "open":
        (reason,) = decide(profile, order).reasons
        assert reason.text_ja.startswith("いまは開庁時間です。通常の申請をしてください")


def test_A17_the_order_comes_first_and_names_a_crime() -> None:
    """Nothing is extracted without an order, for an accident, or on one's own order."""
    profile = adopted("asahikawa")
    good = {"cause": "crime", "ordered": True, "at_terminal": True}
    assert ask(profile, "extract_emergency", "police_operator", hours="night", **good).allowed
    for change, code in (
        ({"ordered": False}, "order"),
        ({"cause": "accident"}, "cause"),
        ({"cause": ""}, "cause"),
        ({"at_terminal": False}, "terminal"),
        ({"own_act": True}, "own_order"),
    ):
        refused = ask(
            profile, "extract_emergency", "police_operator", hours="night", **(good | change)
        )
        assert codes(refused) == {code}
    order = {"cause": "crime", "reason_given": True}
    assert codes(ask(profile, "order_emergency", "police_operator", hours="night", **order)) == {
        "post"
    }
    assert ask(
        profile, "order_emergency", "police_operator", hours="night", delegated=True, **order
    ).allowed
    for stranger in ("operator", "system_manager", "host", "system_administrator"):
        assert not ask(
            profile, "order_emergency", stranger, hours="night", delegated=True, **order
        ).allowed


def test_A17_as_shipped_the_deadline_is_unset_and_blocks() -> None:
    """遅滞なく is no number: nothing is taken out before the city has set one."""
    decision = ask(
        document("asahikawa"),
        "extract_emergency",
        "police_operator",
        hours="night",
        cause="crime",
        ordered=True,
        at_terminal=True,
    )
    assert {reason.key for reason in decision.reasons} == {
        "emergency.request_within",
        "emergency.request_until",
    }
    assert codes(decision) == {"unset"}


def test_K6_guards_on_the_list_watch_in_the_two_rooms_only() -> None:
    """A guard whom the contractor reported, in the guard room or the monitoring room."""
    profile = adopted("sakai")
    for place in ("guard_room", "monitoring_room"):
        assert ask(profile, "watch_live", "guard", place=place, listed=True).allowed
        assert codes(ask(profile, "watch_live", "guard", place=place)) == {"listed"}
    assert codes(ask(profile, "watch_live", "guard", place="hall", listed=True)) == {"place"}
    assert codes(ask(profile, "watch_live", "operator", place="guard_room")) == {"post"}
    assert not ask(
        profile, "view", "guard", ground="investigation", approved=True, within_range=True
    ).allowed
