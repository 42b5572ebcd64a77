# SPDX-License-Identifier: AGPL-3.0-or-later
"""A recorder that is stolen while it runs gives away nothing of what was closed before."""

import subprocess
import sys
from pathlib import Path

import pytest

from machimori.footage.wiping import wipe
from machimori.vault.sealing.seal import chunk_key, description_key

CHILD = """
import sys
from machimori.footage.testing import SampleRecorder

recorder = SampleRecorder()
for closed in (True, False):
    sealer = recorder.sealer()
    print(sealer._data_key.hex())
    for number in range(20):
        recorder.chunk(sealer, bytes(100 * number))
    if closed:
        sealer.finish(reason="shutdown")
print("ready", flush=True)
sys.stdin.read()
"""


def test_wipe_overwrites_in_place() -> None:
    secret = bytes(range(32))
    wipe(secret)
    assert secret == bytes(32)
    with pytest.raises(ValueError):
        wipe(b"x")


def memory(pid: int) -> bytes:
    """Everything that the process can write to."""
    found = bytearray()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            start, end = (int(text, 16) for text in span.split("-"))
            if rights.startswith("rw") and "[v" not in line:
                file.seek(start)
                found += file.read(end - start)
    return bytes(found)


def test_A6_memory_taken_after_a_segment_was_closed_holds_no_key_of_it() -> None:
    """A recorder that is stolen while it runs holds no key of what it had closed."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        closed, still_open = (bytes.fromhex(child.stdout.readline().strip()) for _ in range(2))
        assert child.stdout.readline().strip() == "ready"
        taken = memory(child.pid)
        child.kill()
    assert still_open in taken, "the search finds a key that is there"
    assert closed not in taken
    assert description_key(closed) not in taken
    assert [index for index in range(20) if chunk_key(closed, index) in taken] == []
