# SPDX-License-Identifier: AGPL-3.0-or-later
"""The city's process from its arguments to its end; `machimori simcity serve` is the same.

It writes one JSON line when it listens: ports, control socket, certificate authority, user name
and, where nobody gave it one, the password. It ends with its standard input or by SIGTERM.
"""

import argparse
import asyncio
import gc
import json
import os
import secrets
import signal
import sys
import tempfile
from pathlib import Path

from machimori.kernel.errors import MachimoriError
from machimori.simcity.auth import SCHEMES, Credentials
from machimori.simcity.clips import ClipSpec
from machimori.simcity.control import listen
from machimori.simcity.server import CityConfig, Server

PASSWORD_VARIABLE = "MACHIMORI_SIMCITY_PASSWORD"  # noqa: S105 the name of a variable


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `serve`."""
    parser.add_argument("--cameras", type=int, default=1, metavar="N")
    parser.add_argument("--codecs", default="h264,h265,mjpeg", help="dealt out to cameras in turn")
    parser.add_argument("--auth", choices=SCHEMES, default="none")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="that all cameras share; 0: any")
    parser.add_argument("--own-ports", action="store_true", help="a port for each camera as well")
    parser.add_argument("--tls", action="store_true", help="RTSPS under a certificate of its own")
    parser.add_argument("--sound", action="store_true", help="a PCMU track beside the pictures")
    parser.add_argument("--load", action="store_true", help="1080p at 2 Mbit/s from 16 clips")
    parser.add_argument("--load-clips", type=int, default=16, help="of which a load is made")
    parser.add_argument("--size", type=_size, default=(640, 360), metavar="WxH")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of the loop")
    parser.add_argument("--rate", type=int, default=15, help="pictures a second")
    parser.add_argument("--gop", type=int, default=15, help="pictures from key to key")
    parser.add_argument(
        "--bit-rate", type=int, default=0, help="bit/s that the encoder keeps to; 0: by quality"
    )
    parser.add_argument("--noise", type=int, help="of the sensor, in luma (1; 4 with --bit-rate)")
    parser.add_argument("--report-every", type=float, default=5.0, help="seconds between RTCP")
    parser.add_argument("--clips", type=Path, help="directory in which clips are kept")
    parser.add_argument("--control", type=Path, help="path of the control socket")
    parser.add_argument(
        "--with-stdin", action="store_true", help="end when the standard input ends"
    )


async def _serve(config: CityConfig, control: Path, *, with_stdin: bool, announce: str) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if with_stdin:
        loop.add_reader(sys.stdin.fileno(), ended.set)
    server = Server(config)
    await server.start()
    listener = await listen(server, control)
    ready = {
        "port": server.door.port,
        "ports": {name: server.port(name) for name in server.cameras},
        "control": str(control),
        "ca": None if server.ca is None else str(server.ca),
        "username": config.credentials.username,
        **({"password": announce} if announce else {}),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    # What is here now lives as long as the process: it need not be looked at for garbage again.
    gc.collect()
    gc.freeze()
    await ended.wait()
    listener.close()
    server.close()


def run(args: argparse.Namespace) -> int:
    """Serve until told to end. Raises UnknownError for a codec that there is not."""
    given = os.environ.get(PASSWORD_VARIABLE, "")
    # Noise is what a camera spends its bits on at night.
    noise = args.noise if args.noise is not None else 4 if args.bit_rate else 1
    password = given or secrets.token_urlsafe(12)
    width, height = args.size
    with tempfile.TemporaryDirectory(prefix="machimori-simcity-") as place:
        clips = args.clips or Path(place)
        clips.mkdir(parents=True, exist_ok=True)
        config = CityConfig(
            cameras=args.cameras,
            clips_directory=clips,
            credentials=Credentials(username="recorder", password=password),
            host=args.host,
            port=args.port,
            own_ports=args.own_ports,
            codecs=tuple(args.codecs.split(",")),
            clip=ClipSpec(
                codec="h264",
                name="camera",
                width=width,
                height=height,
                rate=args.rate,
                seconds=args.seconds,
                gop=args.gop,
                bit_rate=args.bit_rate,
                noise=noise,
            ),
            load=args.load,
            load_clips=args.load_clips,
            scheme=args.auth,
            tls=args.tls,
            sound=args.sound,
            report_every=args.report_every,
        )
        control = args.control or Path(place) / "control"
        announce = "" if given or args.auth == "none" else password
        asyncio.run(_serve(config, control, with_stdin=args.with_stdin, announce=announce))
    return 0


def main(arguments: list[str]) -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="python -m machimori.simcity")
    add_arguments(parser)
    try:
        return run(parser.parse_args(arguments))
    except MachimoriError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
