# SPDX-License-Identifier: AGPL-3.0-or-later
"""The process that turns one camera's H.265 or MJPEG into H.264 for those who watch live.

It is a process of its own because what it reads comes from the street and goes into FFmpeg, and
because the recorder must not wait for it: one thread, a lower claim on the processor, no file
and no socket that it could open. `coder` starts it and is at the other end of both pipes; they
speak in `messages`.
"""

import json
import os
import resource
import sys
from typing import BinaryIO, Final

from machimori.footage.recoding import Recoder, packet_of
from machimori.recorder.live.messages import BEGIN, DONE, HEAD, KEY, PICTURE, message

MEMORY: Final = 2 << 30
"""Bytes of addresses that the process may use; 4K of H.265 takes a quarter of it."""
_NICE: Final = 5
_START_CODE: Final = b"\x00\x00\x00\x01"


def main() -> None:
    """Until its input ends."""
    _confine()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    recoder: Recoder | None = None
    _send(target, DONE)
    while len(head := source.read(HEAD.size)) == HEAD.size:
        size, time, kind = HEAD.unpack(head)
        data = source.read(size)
        if kind == BEGIN:
            said = json.loads(data)
            recoder = Recoder(said["codec"], said["timescale"], live=True)
        elif recoder is not None:
            for one in recoder.feed(packet_of(data, time)):
                made = b"".join(_START_CODE + unit for unit in one.units)
                target.write(message(KEY if one.key else PICTURE, made, one.pts))
            _send(target, DONE)


def _send(target: BinaryIO, kind: int) -> None:
    target.write(message(kind))
    target.flush()


def _confine() -> None:
    """No core that would put pictures on a disk, no file, no socket, after everything else."""
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # Every module has been imported: a descriptor beyond the three is refused from here on.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


if __name__ == "__main__":
    main()
