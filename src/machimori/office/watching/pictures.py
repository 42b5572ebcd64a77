# SPDX-License-Identifier: AGPL-3.0-or-later
"""The present pictures of a shift's cameras, all in one answer: a watcher costs one thread.

The answer is a row of parts, each `u32 length ‖ JSON ‖ MP4`: `{"camera", "after", "codec",
"joined", "size"}`, or `{"camera", "missing": why}` where there is no picture. Nothing is kept.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from machimori.kernel.errors import RefusedError, UnavailableError
from machimori.office.shared.config import config
from machimori.office.watching.history import File
from machimori.recorder.errors import LiveBusyError
from machimori.recorder.live.client import LiveClient

SOCKET: Final = "live.sock"
"""Beside a recorder's `recorder.toml`, where its configuration says `live`."""
_SIZE: Final = struct.Struct(">I")


def pictures(file: File, after: Mapping[str, int]) -> Iterator[bytes]:
    """What has come of each camera since the fragment that the watcher has of it."""
    grant, recorders = file.grant, _recorders(config().recorders)
    for camera in file.turn.data["cameras"]:
        try:
            found = recorders.read(camera, grant, after.get(camera, 0))
        except (RefusedError, UnavailableError) as error:
            yield _part({"camera": camera, "missing": _missing(error)})
            continue
        if found is not None:
            said = {
                "after": found.number,
                "camera": camera,
                "codec": found.codec,
                "joined": found.joined,
                "size": len(found.data),
            }
            yield _part(said) + found.data


def _missing(error: RefusedError | UnavailableError) -> str:
    """Why there is no picture, as the page's script calls it."""
    if isinstance(error, LiveBusyError):
        return "busy"
    return "refused" if isinstance(error, RefusedError) else "unavailable"


def _part(said: Mapping[str, object]) -> bytes:
    head = json.dumps(said).encode()
    return _SIZE.pack(len(head)) + head


@lru_cache(maxsize=8)
def _recorders(directory: Path | None) -> LiveClient:
    """A client of the recorders under this directory, found anew as they come."""
    return LiveClient(lambda: sorted(directory.glob(f"*/{SOCKET}")) if directory else [])
