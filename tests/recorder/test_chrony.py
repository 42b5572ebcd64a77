# SPDX-License-Identifier: AGPL-3.0-or-later
"""chronyd's answer is read strictly; what is none is one error; and a real chronyd is asked."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.errors import MalformedError
from machimori.recorder.chrony import Tracking, ask, check_address, parse
from machimori.recorder.errors import ChronyMalformed, ChronySilent, RecorderError
from machimori.recorder.testing_chrony import Chronyd

ANSWER = (
    b"C0A80001,192.168.0.1,3,1795613261.599949697,-0.000400000,0.000000013,0.000000183,"
    b"-0.086,-0.500,0.500,0.002000000,0.000600000,64.2,Normal\n"
)
"""As chronyc 4.3 writes it."""


def field(number: int, text: bytes) -> bytes:
    fields = ANSWER.rstrip(b"\n").split(b",")
    fields[number] = text
    return b",".join(fields) + b"\n"


def test_the_bound_is_chronyc_s_own_formula() -> None:
    tracking = parse(ANSWER)
    assert (tracking.reference, tracking.stratum, tracking.problem) == ("C0A80001", 3, "")
    assert tracking.bound(0.0) == 400 + 600 + 1000
    # 0.5 ppm of residual frequency, 0.5 of skew, and 1 that chronyd allows for.
    assert tracking.bound(100.0) == 2000 + 200


@pytest.mark.parametrize(
    ("number", "text", "why"),
    [
        (13, b"Not synchronised", "leap status"),
        (13, b"Insert second", "leap status"),
        (13, b"Delete second", "leap status"),
        (0, b"00000000", "no reference"),
        (2, b"0", "no reference"),
        (2, b"16", "no reference"),
        (0, b"7F7F0101", "own clock"),
    ],
)
def test_no_bound_without_a_reference_or_near_a_leap_second(
    number: int, text: bytes, why: str
) -> None:
    assert why in parse(field(number, text)).problem


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"506 Cannot talk to daemon\n",
        ANSWER[:-20],
        ANSWER * 2,
        ANSWER + b"\n",
        ANSWER.replace(b",", b";"),
        b"," * 13,
        b"\xff" + ANSWER[1:],
        ANSWER + b"0" * 1024,
        field(0, b"c0a80001"),
        field(0, b"C0A8000"),
        field(2, b"-1"),
        field(2, b"\xef\xbc\x93"),
        field(4, b"nan"),
        field(4, b"inf"),
        field(4, b"1e300"),
        field(4, b"9" * 400),
        field(9, b"-0.1"),
        field(10, b"-0.1"),
        field(11, b"-0.1"),
        field(11, b""),
        field(11, b" 0.1"),
        field(11, b"0.1\n"),
        field(13, b"normal"),
        field(13, b"Normal "),
        field(13, b"\x1b[31mNormal"),
    ],
)
def test_what_is_no_answer_is_malformed(data: bytes) -> None:
    with pytest.raises(ChronyMalformed) as caught:
        parse(data)
    assert isinstance(caught.value, RecorderError)
    assert isinstance(caught.value, MalformedError)


@given(st.binary(max_size=300) | st.tuples(st.integers(0, 13), st.binary(max_size=20)))
def test_any_bytes_are_an_answer_or_malformed(data: bytes | tuple[int, bytes]) -> None:
    try:
        tracking = parse(data if isinstance(data, bytes) else field(*data))
    except ChronyMalformed:
        return
    assert 0 <= tracking.bound(180.0) < 2**53


numbers = st.integers(0, 10**15).map(lambda number: number / 1e9)


@given(
    st.builds(
        Tracking,
        reference=st.integers(0, 2**32 - 1).map(lambda number: f"{number:08X}"),
        stratum=st.integers(0, 16),
        offset=numbers | numbers.map(lambda number: -number),
        residual=st.just(-0.25),
        skew=st.just(0.75),
        delay=numbers,
        dispersion=numbers,
        leap=st.sampled_from(["Normal", "Insert second", "Delete second", "Not synchronised"]),
    )
)
def test_what_chronyc_writes_is_read_back(tracking: Tracking) -> None:
    t = tracking
    line = (
        f"{t.reference},192.0.2.1,{t.stratum},0.0,{t.offset:.9f},0.0,0.0,0.0,{t.residual:.3f},"
        f"{t.skew:.3f},{t.delay:.9f},{t.dispersion:.9f},64.0,{t.leap}\n"
    )
    assert parse(line.encode()) == tracking


@pytest.mark.parametrize("text", ["192.0.2.1:323", "ntp.example.jp:323", "127.0.0.1", "run/x", ":"])
def test_only_this_machine_s_chronyd_is_asked(text: str) -> None:
    with pytest.raises(MalformedError):
        check_address(text)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chronyd]:
    with Chronyd(tmp_path_factory.mktemp("server")) as chronyd:
        yield chronyd


@pytest.fixture
def client(server: Chronyd, tmp_path: Path) -> Iterator[Chronyd]:
    with Chronyd(tmp_path, server=server) as chronyd:
        yield chronyd


def test_a_real_chronyd_gives_a_bound_once_it_is_synchronised(client: Chronyd) -> None:
    tracking = client.synchronised()
    assert tracking.reference == "7F000001"
    assert tracking.stratum == 9
    assert 0 < tracking.bound(0.0) < 1_000_000
    shown = subprocess.run(
        ["chronyc", "-h", "127.0.0.1", "-p", client.address.rpartition(":")[2], "tracking"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Leap status     : Normal" in shown


def test_a_real_chronyd_without_a_source_gives_none(tmp_path: Path) -> None:
    with Chronyd(tmp_path, server=None, local=False) as alone:
        assert "leap status" in ask(alone.address).problem


def test_a_chronyd_that_believes_its_own_clock_gives_none(server: Chronyd) -> None:
    assert "own clock" in ask(server.address).problem


def test_where_no_chronyd_is_the_answer_is_an_error_soon(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(ChronySilent):
        ask(str(tmp_path / "none.sock"))
    assert time.monotonic() - begun < 4.0


def test_without_chronyc_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ChronySilent, match="install chrony"):
        ask()


def test_a_chronyd_that_hangs_does_not_hang_the_recorder(client: Chronyd) -> None:
    client.synchronised()
    client.freeze()
    begun = time.monotonic()
    with pytest.raises(ChronySilent):
        ask(client.address)
    assert time.monotonic() - begun < 4.0
