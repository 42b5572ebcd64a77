# SPDX-License-Identifier: AGPL-3.0-or-later
"""The city's control socket: a JSON object a line, a JSON object back.

Requests: `{"do": "fault", "camera", "name", "arguments"}`, `{"do": "clear", "camera", "name"?}`,
`{"do": "truth", "camera"}`, `{"do": "stats"}`. An answer has `error` where it was refused.
"""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

from machimori.simcity.errors import SimCityError, StartError, UnknownError
from machimori.simcity.server import Server

_PATIENCE = 30.0
"""Seconds that a caller waits: a fault may have to render a clip first."""


async def _act(server: Server, order: dict[str, Any]) -> dict[str, Any]:
    act = order.get("do")
    if act == "stats":
        totals = server.totals
        answer = {name: getattr(totals, name) for name in totals.__dataclass_fields__}
        # The longest delay counts from one question to the next.
        totals.latest = 0.0
        return {**answer, "connections": sum(len(c.wires) for c in server.cameras.values())}
    camera = server.camera(str(order.get("camera")))
    if act == "fault":
        await camera.set(str(order.get("name")), dict(order.get("arguments", {})))
        return {}
    if act == "clear":
        name = order.get("name")
        await camera.clear(None if name is None else str(name))
        return {}
    if act == "truth":
        for spec in camera.played:
            await camera.library.clip(spec)
        return {"clips": [f"{spec.digest}.clip" for spec in camera.played]}
    raise UnknownError(f"nothing to do {act!r}")


async def listen(server: Server, path: Path) -> asyncio.Server:
    """Serve control requests for `server` on the Unix socket `path`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            try:
                answer = await _act(server, json.loads(line))
            except SimCityError as error:
                answer = {"error": str(error)}
            except (ValueError, TypeError, AttributeError):
                answer = {"error": "not an order"}
            writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    path.unlink(missing_ok=True)
    listener = await asyncio.start_unix_server(serve, path)
    path.chmod(0o600)
    return listener


def ask(path: Path, order: dict[str, Any]) -> dict[str, Any]:
    """Send one order to the city at `path` and return its answer.

    Raises StartError if nobody answers, UnknownError if the city refuses the order.
    """
    try:
        with socket.socket(socket.AF_UNIX) as sock, sock.makefile("rb") as file:
            sock.settimeout(_PATIENCE)
            sock.connect(str(path))
            sock.sendall(json.dumps(order).encode() + b"\n")
            line = file.readline()
    except OSError as error:
        raise StartError("the simulated city does not answer", where=str(path)) from error
    if not line:
        raise StartError("the simulated city ended the conversation", where=str(path))
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise UnknownError(answer["error"])
    return answer
