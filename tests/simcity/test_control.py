# SPDX-License-Identifier: AGPL-3.0-or-later
"""The control socket, the command line in front of it, and the life of the process."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from machimori.cli.main import main
from machimori.simcity.city import SimCity
from machimori.simcity.control import ask
from machimori.simcity.errors import StartError, UnknownError
from machimori.simcity.faults import CHOICES, KINDS, Arguments, check
from machimori.simcity.probe import Probe


def test_the_command_line_sets_and_clears_a_fault(city: SimCity) -> None:
    control = str(city.control)
    assert main(["simcity", "fault", control, "cam-0037", "status", "code=404"]) == 0
    with Probe(city.url(37)) as probe:
        assert probe.request("DESCRIBE").status == 404
    assert main(["simcity", "fault", control, "cam-0037", "--clear"]) == 0
    with Probe(city.url(37)) as probe:
        assert probe.request("DESCRIBE").status == 200


@pytest.mark.parametrize(
    "words",
    [
        ["cam-0037"],
        ["cam-9999", "stall"],
        ["cam-0037", "no-such-fault"],
        ["cam-0037", "status", "cod=404"],
        ["cam-0037", "status", "code=many"],
        ["cam-0037", "hang", "at=nowhere"],
        ["cam-0037", "stall", "--clear"],
    ],
)
def test_the_command_line_refuses_what_there_is_not(city: SimCity, words: list[str]) -> None:
    assert main(["simcity", "fault", str(city.control), *words]) == 2


def test_the_command_line_lists_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simcity", "faults"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in KINDS)


def test_orders_that_are_none_are_refused(city: SimCity) -> None:
    with socket.socket(socket.AF_UNIX) as sock, sock.makefile("rb") as file:
        sock.connect(str(city.control))
        for order in (b"[]", b"{", b"3", b'{"do": "fault", "arguments": 3, "camera": "cam-0038"}'):
            sock.sendall(order + b"\n")
            assert "error" in json.loads(file.readline())
    with pytest.raises(UnknownError):
        ask(city.control, {"do": "dance", "camera": "cam-0038"})


def test_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(StartError):
        ask(tmp_path / "control", {"do": "stats"})


def test_a_city_that_cannot_start_says_so() -> None:
    with pytest.raises(StartError), SimCity(codecs=("vhs",)):
        pass


def test_stats_count_what_was_sent(city: SimCity) -> None:
    before = city.stats()
    with Probe(city.url(38)) as probe:
        probe.play()
        count = len(probe.packets(0.4))
    after = city.stats()
    assert after["packets"] - before["packets"] >= count > 0
    assert after["throttled"] == before["throttled"]


def test_cameras_share_a_port_and_a_stranger_s_path_is_not_found() -> None:
    with SimCity(2, own_ports=False) as city:
        assert city.url(1).rsplit("/", 1)[0] == city.url(2).rsplit("/", 1)[0]
        with Probe(city.url(2)) as probe:
            assert b"s=cam-0002\r\n" in probe.request("DESCRIBE").body
        with Probe(city.url(1)) as probe:
            assert probe.request("OPTIONS", "*").status == 200
            assert probe.request("DESCRIBE", city.url(1) + "0").status == 404


def test_the_process_ends_by_a_signal_and_says_where_it_listens() -> None:
    command = [sys.executable, "-m", "machimori.cli.main", "simcity", "serve", "--auth", "basic"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready["ports"]) == {"cam-0001"}
        assert ready["username"] == "recorder"
        assert ready["password"]
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(5) == 0


def test_the_design_document_lists_every_fault() -> None:
    document = Path(__file__).parents[2] / "docs" / "design" / "simcity.md"
    rows = [line.split("|") for line in document.read_text().splitlines() if line.startswith("| `")]
    listed = {row[1].strip().strip("`"): (row[2].strip(), row[3].strip()) for row in rows}
    for name, kind in KINDS.items():
        arguments = ", ".join(f"`{key}={value}`" for key, value in kind.arguments.items())
        assert listed[name] == (kind.text, arguments)


@pytest.mark.parametrize("name", KINDS)
def test_every_default_is_a_value_that_is_accepted(name: str) -> None:
    assert check(name, {}) == KINDS[name].arguments
    assert check(name, KINDS[name].arguments) == KINDS[name].arguments


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("nothing", {}),
        ("status", {"code": "503"}),
        ("status", {"kode": 503}),
        ("hang", {"partial": 1}),
        ("loss", {"every": 1.5}),
        *((key.split(".")[0], {key.split(".")[1]: "nonsense"}) for key in CHOICES),
    ],
)
def test_wrong_arguments_are_refused(name: str, arguments: Arguments) -> None:
    with pytest.raises(UnknownError):
        check(name, arguments)


def test_whole_numbers_do_for_seconds() -> None:
    assert check("burst", {"seconds": 3}) == {"seconds": 3}


ORPHAN = """
import os, signal
from machimori.simcity.city import SimCity
with SimCity() as city:
    print(city.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_city_does_not_outlive_a_killed_test() -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
    psutil.wait_procs([p for p in psutil.process_iter() if p.pid == pid], timeout=5)
    # Who takes up orphans may leave a zombie; what counts is that it no longer runs.
    left = [p.status() for p in psutil.process_iter() if p.pid == pid]
    assert left in ([], [psutil.STATUS_ZOMBIE])
