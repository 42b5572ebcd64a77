# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults of the connection and habits in RTSP, seen on the wire."""

import time

import pytest

from machimori.simcity.city import SimCity
from machimori.simcity.probe import Probe, Reply


def describe(city: SimCity, camera: int) -> Reply:
    """The answer to DESCRIBE on a connection of its own."""
    with Probe(city.url(camera)) as probe:
        return probe.request("DESCRIBE")


def test_refuse_is_a_closed_port_and_clearing_opens_it(city: SimCity) -> None:
    city.fault(20, "refuse")
    with pytest.raises(ConnectionRefusedError):
        Probe(city.url(20))
    city.clear(20)
    assert describe(city, 20).status == 200


def test_refuse_on_the_shared_port_is_a_reset() -> None:
    with SimCity(own_ports=False) as city:
        city.fault(1, "refuse")
        with Probe(city.url(1)) as probe, pytest.raises(ConnectionResetError):
            probe.request("DESCRIBE")


def test_a_reboot_ends_connections_and_refuses_for_a_while(city: SimCity) -> None:
    with Probe(city.url(21)) as probe:
        probe.play()
        first = probe.packets(0.1)[0]
        city.fault(21, "reboot", seconds=0.3)
        with pytest.raises(ConnectionResetError):
            probe.packets(1)
    with pytest.raises(ConnectionRefusedError):
        Probe(city.url(21))
    time.sleep(1.0)
    with Probe(city.url(21)) as probe:
        assert probe.play().status == 200
        assert probe.packets(0.1)[0].ssrc != first.ssrc


@pytest.mark.parametrize("state", ["options", "describe", "setup", "play", "keepalive", "teardown"])
def test_it_hangs_in_any_state(city: SimCity, state: str) -> None:
    describe(city, 22)  # so that no clip is rendered while an answer is waited for
    city.fault(22, "hang", at=state)
    asked: list[str] = []
    with Probe(city.url(22), timeout=0.5) as probe, pytest.raises(TimeoutError):
        ask_everything(probe, asked)
    wanted = {"setup": "play", "keepalive": "GET_PARAMETER"}.get(state, state)
    assert asked[-1].upper() == wanted.upper()
    city.clear(22)


def ask_everything(probe: Probe, asked: list[str]) -> None:
    """A session from first to last; `asked` tells how far it came."""
    for method in ("OPTIONS", "DESCRIBE", "play", "GET_PARAMETER", "TEARDOWN"):
        asked.append(method)
        if method == "play":
            probe.play()
        else:
            # While pictures come the socket never times out; the answer does.
            answered_within(probe, method, 0.5)


def answered_within(probe: Probe, method: str, seconds: float) -> None:
    """Raises TimeoutError when pictures go on but no answer comes."""
    probe.send(method, probe.url, {})
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        list(probe.frames(0.02))
        if b"RTSP/1.0" in probe.buffer:
            probe.reply()
            return
        probe.fill()
    raise TimeoutError


def test_it_hangs_half_way_through_an_answer(city: SimCity) -> None:
    city.fault(23, "hang", at="describe", partial=True)
    with Probe(city.url(23), timeout=2) as probe:
        with pytest.raises(TimeoutError):
            probe.request("DESCRIBE")
        assert probe.buffer.startswith(b"RTSP/1.0 200 OK")


def test_it_hangs_in_the_tcp_handshake(city: SimCity) -> None:
    city.fault(24, "hang", at="connect")
    with pytest.raises(TimeoutError):
        Probe(city.url(24), timeout=0.5)
    city.clear(24)
    assert describe(city, 24).status == 200


def test_answers_come_late(city: SimCity) -> None:
    city.fault(23, "slow", seconds=0.4)
    begun = time.monotonic()
    with Probe(city.url(23)) as probe:
        probe.request("OPTIONS")
    assert time.monotonic() - begun >= 0.4


def test_answers_drip(city: SimCity) -> None:
    city.fault(39, "drip", seconds=0.002)
    begun = time.monotonic()
    with Probe(city.url(39)) as probe:
        assert probe.request("OPTIONS").status == 200
    assert time.monotonic() - begun > 0.2


def test_an_answer_never_ends(city: SimCity) -> None:
    city.fault(40, "endless", at="options")
    with Probe(city.url(40)) as probe:
        probe.send("OPTIONS", probe.url, {})
        while len(probe.buffer) < 1_000_000:
            probe.fill()
        assert b"\r\n\r\n" not in probe.buffer
    # It cost the others nothing, and ends with its client.
    assert describe(city, 33).status == 200


def test_answers_name_another_session(city: SimCity) -> None:
    city.fault(25, "wrong_session")
    with Probe(city.url(25)) as probe:
        reply = probe.play()
        assert reply.status == 200
        assert reply.headers["session"] != probe.session
    city.clear(25)


def test_the_session_is_forgotten(city: SimCity) -> None:
    city.fault(25, "wrong_session", how="forget")
    with Probe(city.url(25)) as probe:
        assert probe.play().status == 200
        assert probe.request("GET_PARAMETER").status == 454


def test_a_stranger_s_session_is_refused(city: SimCity) -> None:
    with Probe(city.url(26)) as probe:
        probe.play()
        probe.session = "1"
        assert probe.request("GET_PARAMETER").status == 454


@pytest.mark.parametrize("state", ["options", "describe", "setup", "play", "keepalive"])
def test_401_in_any_state(city: SimCity, state: str) -> None:
    city.fault(26, "unauthorized", at=state)
    with Probe(city.url(26)) as probe:
        seen = [probe.request("OPTIONS").status, probe.request("DESCRIBE").status]
        seen += [probe.play().status, probe.play().status, probe.request("OPTIONS").status]
    assert seen.count(401) == 1
    city.clear(26)


def test_status_of_any_kind(city: SimCity) -> None:
    city.fault(26, "status", at="setup", code=503)
    with Probe(city.url(26)) as probe:
        assert probe.play().status == 503
    city.clear(26)


def test_redirect_and_its_target(city: SimCity) -> None:
    city.fault(27, "redirect")
    reply = describe(city, 27)
    assert reply.status == 302
    with Probe(reply.headers["location"]) as probe:
        assert probe.request("DESCRIBE").status == 200
    city.fault(27, "redirect", to=city.url(28))
    assert describe(city, 27).headers["location"] == city.url(28)


def test_content_base_is_missing_relative_or_another_header(city: SimCity) -> None:
    assert describe(city, 28).headers["content-base"] == city.url(28) + "/"
    city.fault(28, "content_base", form="missing")
    assert "content-base" not in describe(city, 28).headers
    city.fault(28, "content_base", form="relative")
    assert describe(city, 28).headers["content-base"] == "/cam-0028/"
    city.fault(28, "content_base", form="location")
    assert describe(city, 28).headers["content-location"] == city.url(28) + "/"


def test_control_urls_take_any_form(city: SimCity) -> None:
    assert b"a=control:video\r\n" in describe(city, 29).body
    city.fault(29, "control", form="absolute")
    assert f"a=control:{city.url(29)}/video\r\n".encode() in describe(city, 29).body
    city.fault(29, "control", form="path")
    assert b"a=control:/cam-0029/video\r\n" in describe(city, 29).body
    city.fault(29, "control", form="none")
    assert b"a=control:*" not in describe(city, 29).body


def test_a_session_times_out_unless_it_is_kept_alive(city: SimCity) -> None:
    city.fault(30, "session_timeout", seconds=2)
    with Probe(city.url(30)) as probe:
        reply = probe.request("SETUP", probe.url + "/video", Transport="RTP/AVP/TCP")
        assert reply.headers["session"].endswith(";timeout=2")
        probe.session = reply.headers["session"].split(";")[0]
        probe.request("PLAY")
        for _ in range(4):
            list(probe.frames(0.6))
            assert probe.request("GET_PARAMETER").status == 200
        with pytest.raises((EOFError, ConnectionResetError)):
            list(probe.frames(5))


def test_other_channels_in_the_answer(city: SimCity) -> None:
    city.fault(31, "channels", rtp=6, rtcp=9)
    with Probe(city.url(31)) as probe:
        asked = "RTP/AVP/TCP;unicast;interleaved=0-1"
        reply = probe.request("SETUP", probe.url + "/video", Transport=asked)
        assert "interleaved=6-9" in reply.headers["transport"]
        probe.session = reply.headers["session"].split(";")[0]
        probe.request("PLAY")
        assert {channel for channel, _ in probe.frames(0.3)} == {6, 9}


def test_trailing_garbage(city: SimCity) -> None:
    city.fault(32, "trailing_garbage")
    with Probe(city.url(32)) as probe:
        assert probe.request("DESCRIBE").status == 200
        if not probe.buffer:
            probe.fill()
        assert probe.buffer == b"\r\n\r\n"
    city.fault(32, "trailing_garbage", where="body")
    assert b"\0" in describe(city, 32).body


def test_headers_are_missing_or_odd(city: SimCity) -> None:
    assert describe(city, 33).headers["content-type"] == "application/sdp"
    city.fault(33, "no_content_type")
    assert "content-type" not in describe(city, 33).headers
    city.fault(33, "odd_headers")
    with Probe(city.url(33)) as probe:
        probe.send("OPTIONS", probe.url, {})
        probe.fill()
        assert b"\r\ncseq:1\r\n" in probe.buffer


def test_get_parameter_is_not_known_to_all(city: SimCity) -> None:
    city.fault(34, "no_get_parameter")
    with Probe(city.url(34)) as probe:
        assert "GET_PARAMETER" not in probe.request("OPTIONS").headers["public"]
        probe.play()
        assert probe.request("GET_PARAMETER").status == 501
        assert probe.request("OPTIONS").status == 200


def test_udp_is_not_supported_and_play_needs_setup(city: SimCity) -> None:
    with Probe(city.url(35)) as probe:
        udp = "RTP/AVP;unicast;client_port=4000-4001"
        assert probe.request("SETUP", probe.url + "/video", Transport=udp).status == 461
        assert probe.request("PLAY", Session="1").status == 454
        assert probe.request("RECORD").status == 501
        assert probe.request("DESCRIBE", probe.url.replace("0035", "0099")).status == 404


def test_teardown_ends_the_pictures_and_a_new_session_may_begin(city: SimCity) -> None:
    with Probe(city.url(35)) as probe:
        probe.play()
        assert probe.request("TEARDOWN").status == 200
        probe.session = ""
        assert probe.play().status == 200
        assert probe.packets(0.2)


def test_what_is_no_request_ends_the_connection(city: SimCity) -> None:
    with Probe(city.url(36)) as probe:
        probe.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert probe.reply().status == 400
        with pytest.raises(EOFError):
            probe.fill()
