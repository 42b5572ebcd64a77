# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulated line has the delay and the loss it was asked for."""

import re
import subprocess

from machimori.simcity.line import Line


def ping(line: Line, count: int) -> tuple[int, float]:
    """Answers received, and the mean round trip in milliseconds, as the kernel's own ping says."""
    program = (
        "import socket,struct,sys,time\n"
        "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.settimeout(0.3)\n"
        "got=[];n=int(sys.argv[2])\n"
        "for i in range(n):\n"
        "  t=time.monotonic();s.sendto(b'x%d'%i,(sys.argv[1],7000))\n"
        "  try:\n"
        "    while s.recv(99)!=b'x%d'%i: pass\n"
        "    got.append(time.monotonic()-t)\n"
        "  except TimeoutError: pass\n"
        "print(len(got),1000*sum(got)/len(got))\n"
    )
    echo = (
        "import socket\n"
        "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.bind(('0.0.0.0',7000));print('up',flush=True)\n"
        "while True:\n"
        "  d,a=s.recvfrom(99);s.sendto(d,a)\n"
    )
    with subprocess.Popen(
        line.command(line.far, "/usr/bin/python3", "-c", echo), stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        server.stdout.readline()
        done = subprocess.run(
            line.command(
                line.near, "/usr/bin/python3", "-c", program, line.far_address, str(count)
            ),
            capture_output=True,
            text=True,
            check=True,
        )
        server.kill()
    match = re.match(r"(\d+) ([\d.]+)", done.stdout)
    assert match
    return int(match[1]), float(match[2])


def test_a_packet_takes_the_delay_both_ways() -> None:
    with Line(delay=0.025, loss=0.0) as line:
        answered, round_trip = ping(line, 10)
    assert answered == 10
    assert round_trip >= 50.0


def test_some_packets_never_arrive() -> None:
    with Line(delay=0.0, loss=0.5, seed=7) as line:
        answered, _ = ping(line, 12)
    assert 0 < answered < 12
