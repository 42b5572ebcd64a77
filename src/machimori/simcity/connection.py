# SPDX-License-Identifier: AGPL-3.0-or-later
"""One client's RTSP connection, from its first request to its end (RFC 2326).

Only what network cameras do: interleaved TCP, one session a connection, no PAUSE, no RECORD.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from machimori.simcity import sdp
from machimori.simcity.answers import Answer
from machimori.simcity.camera import Camera
from machimori.simcity.errors import RequestError
from machimori.simcity.mischief import FaultyPlayback
from machimori.simcity.playback import Channels, Playback, Totals
from machimori.simcity.requests import Request, RequestReader
from machimori.simcity.schedule import Schedule
from machimori.simcity.wire import Wire

_TRACKS = ("video", "audio")
_ENDLESS = 65_536
"""Bytes of an endless answer that wait for the client."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a connection needs of the city: cameras by name, who plays, what is counted."""

    cameras: Mapping[str, Camera]
    schedule: Schedule
    totals: Totals
    scheme: str
    """`rtsp` or `rtsps`."""


class _HangError(Exception):
    """A fault wants no answer, now or ever."""


class Connection:
    """Serves one client. `camera` is known beforehand where the camera has its own port."""

    def __init__(self, place: Place, wire: Wire, camera: Camera | None) -> None:
        self._place = place
        self._wire = wire
        self._camera = camera
        self._session = ""
        self._channels: dict[str, tuple[int, int]] = {}
        self._playback: Playback | None = None
        self._loop = asyncio.get_running_loop()
        if camera is not None:
            camera.wires.add(wire)

    async def serve(self) -> None:
        """Answer requests until the client or a fault ends the connection."""
        reader = RequestReader()
        try:
            await self._wire.handshake()
            while data := await self._wire.read():
                for request in reader.feed(data):
                    await self._serve(request)
        except _HangError:
            while await self._wire.read():
                pass
        except RequestError:
            self._wire.send(Answer(400).encode("0"))
        except OSError:
            pass  # A failed TLS handshake: the client has gone or does not trust the certificate.
        finally:
            if self._playback is not None:
                self._playback.stopped = True
            if self._camera is not None:
                self._camera.wires.discard(self._wire)
            self._wire.close()

    async def _serve(self, request: Request) -> None:
        camera = self._find(request)
        if camera is None:
            unknown = self._on_options() if request.method == "OPTIONS" else Answer(404)
            self._wire.send(unknown.encode(_sequence(request)))
            return
        if "refuse" in camera.faults or "reboot" in camera.faults:
            self._wire.close(reset=True)
            return
        if self._playback is not None:
            self._playback.last_request = self._loop.time()
        state = self._state(request)
        slow = camera.argument("slow")
        if slow is not None:
            await asyncio.sleep(float(slow["seconds"]))
        answer = self._fault_answer(camera, state, request)
        if answer is None:
            answer = await self._answer(camera, request)
        self._habits(camera, answer)
        data = answer.encode(_sequence(request), odd="odd_headers" in camera.faults)
        if camera.is_at("hang", state):
            hang = camera.argument("hang")
            if hang is not None and hang["partial"]:
                self._wire.send(data[: len(data) // 2])
            raise _HangError
        if camera.is_at("endless", state):
            await self._endless(data)
        drip = camera.argument("drip")
        if drip is not None:
            for byte in data:
                self._wire.send(bytes((byte,)))
                await asyncio.sleep(float(drip["seconds"]))
        else:
            self._wire.send(data)
        if request.method == "PLAY" and answer.status == 200:
            await self._play(camera)
        elif request.method == "TEARDOWN" and answer.status == 200:
            self._stop()

    async def _endless(self, data: bytes) -> None:
        """Header after header, as fast as the client takes them, until it has had enough."""
        self._wire.send(data[: data.index(b"\r\n") + 2])
        while not self._wire.closed:
            if len(self._wire.pending) < _ENDLESS:
                self._wire.send((b"X-Header: " + b"x" * 1000 + b"\r\n") * 16)
            await asyncio.sleep(0.005)
        raise _HangError

    def _find(self, request: Request) -> Camera | None:
        """The camera a request is for: by its URL, else the one this connection spoke of before."""
        parts = request.segments
        if parts[:1] == ["moved"]:
            parts = parts[1:]
        named = self._place.cameras.get(parts[0]) if parts else None
        if named is not None and named is not self._camera:
            if self._camera is not None:
                self._camera.wires.discard(self._wire)
            self._camera = named
            named.wires.add(self._wire)
        if named is None and parts and parts[-1] not in _TRACKS:
            return None
        return self._camera

    def _state(self, request: Request) -> str:
        if self._playback is not None and request.method in (
            "OPTIONS",
            "GET_PARAMETER",
            "SET_PARAMETER",
        ):
            return "keepalive"
        return request.method.lower()

    def _fault_answer(self, camera: Camera, state: str, request: Request) -> Answer | None:
        """What a fault says before the camera looks at the request; sign-in comes here too."""
        unauthorized = camera.argument("unauthorized")
        if unauthorized is not None and unauthorized["at"] == state:
            times = int(unauthorized["times"])
            if not times or camera.challenged < times:
                camera.challenged += 1
                challenge = camera.gate.refuse().challenge
                return Answer(401, {"WWW-Authenticate": challenge})
        if request.method != "OPTIONS":
            stale = camera.argument("stale_nonce")
            verdict = camera.gate.check(
                request.method,
                request.headers.get("authorization"),
                lifetime=0 if stale is None else int(stale["uses"]),
            )
            if not verdict.allowed:
                return Answer(401, {"WWW-Authenticate": verdict.challenge})
        status = camera.argument("status")
        if status is not None and status["at"] == state:
            return Answer(int(status["code"]))
        redirect = camera.argument("redirect")
        here = request.method == "DESCRIBE" and request.segments[:1] != ["moved"]
        if redirect is not None and here:
            to = str(redirect["to"]) or self._url(f"moved/{camera.name}")
            return Answer(302, {"Location": to})
        wrong = camera.argument("wrong_session")
        if wrong is not None and wrong["how"] == "forget" and self._playback is not None:
            return Answer(454)
        return None

    def _habits(self, camera: Camera, answer: Answer) -> None:
        wrong = camera.argument("wrong_session")
        playing = self._playback is not None or "RTP-Info" in answer.headers
        if wrong is not None and wrong["how"] == "answer" and playing:
            answer.headers["Session"] = "87654321"

    def _url(self, path: str) -> str:
        return f"{self._place.scheme}://{self._wire.address}/{path}"

    async def _answer(self, camera: Camera, request: Request) -> Answer:
        if request.method == "DESCRIBE":
            return await self._on_describe(camera)
        if request.method == "SETUP":
            return self._on_setup(camera, request)
        simple: dict[str, Callable[[], Answer]] = {
            "OPTIONS": self._on_options,
            "PLAY": lambda: self._on_play(camera),
            "TEARDOWN": self._on_session,
            "SET_PARAMETER": self._on_session,
        }
        if "no_get_parameter" not in camera.faults:
            simple["GET_PARAMETER"] = self._on_session
        handler = simple.get(request.method)
        if handler is None:
            return Answer(501)
        if request.method != "OPTIONS" and request.headers.get("session") != self._session:
            return Answer(454)
        return handler()

    def _on_options(self) -> Answer:
        methods = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, SET_PARAMETER"
        camera = self._camera
        if camera is None or "no_get_parameter" not in camera.faults:
            methods += ", GET_PARAMETER"
        return Answer(200, {"Public": methods})

    async def _on_describe(self, camera: Camera) -> Answer:
        clip = await camera.library.clip(camera.spec)
        control = camera.argument("control")
        form = "relative" if control is None else str(control["form"])
        base = self._url(camera.name)
        controls = {
            "relative": ("*", "video", "audio"),
            "absolute": (base, f"{base}/video", f"{base}/audio"),
            "path": (f"/{camera.name}", f"/{camera.name}/video", f"/{camera.name}/audio"),
            "none": ("", "", "audio"),
        }[form]
        host = self._wire.address.rsplit(":", 1)[0]
        text = sdp.describe(clip, controls=controls, sound=camera.sound, host=host)
        answer = Answer(200, {}, text.encode())
        content_base = camera.argument("content_base")
        where = {
            None: {"Content-Base": f"{base}/"},
            "missing": {},
            "relative": {"Content-Base": f"/{camera.name}/"},
            "location": {"Content-Location": f"{base}/"},
        }[None if content_base is None else str(content_base["form"])]
        answer.headers.update(where)
        if "no_content_type" not in camera.faults:
            answer.headers["Content-Type"] = "application/sdp"
        garbage = camera.argument("trailing_garbage")
        if garbage is not None and garbage["where"] == "body":
            answer.body += b"\0\0x-junk\r\n\r\n"
        elif garbage is not None:
            answer.after = b"\r\n\r\n"
        return answer

    def _on_setup(self, camera: Camera, request: Request) -> Answer:
        last = request.segments[-1:]
        track = last[0] if last and last[0] in _TRACKS else "video"
        wanted = request.headers.get("transport", "")
        offers = [offer for offer in wanted.split(",") if "RTP/AVP/TCP" in offer]
        if not offers or (track == "audio" and not camera.sound):
            return Answer(404 if offers else 461)
        rtp = 2 * len(self._channels)
        rtcp = rtp + 1
        for part in offers[0].split(";"):
            name, _, value = part.strip().partition("=")
            first, _, second = value.partition("-")
            if name == "interleaved" and first.isdigit():
                rtp = int(first) & 0xFF
                rtcp = int(second) & 0xFF if second.isdigit() else rtp + 1 & 0xFF
        other = camera.argument("channels")
        if other is not None and track == "video":
            rtp, rtcp = int(other["rtp"]), int(other["rtcp"])
        self._channels[track] = (rtp, rtcp)
        self._session = self._session or f"{secrets.randbelow(90_000_000) + 10_000_000}"
        timeout = camera.argument("session_timeout")
        seconds = 60 if timeout is None else int(timeout["seconds"])
        transport = f"RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp}"
        return Answer(
            200, {"Transport": transport, "Session": f"{self._session};timeout={seconds}"}
        )

    def _on_session(self) -> Answer:
        return Answer(200, {"Session": self._session})

    def _on_play(self, camera: Camera) -> Answer:
        if "video" not in self._channels:
            return Answer(455)
        info = f"url={self._url(camera.name)}/video"
        return Answer(200, {"Session": self._session, "Range": "npt=now-", "RTP-Info": info})

    async def _play(self, camera: Camera) -> None:
        if self._playback is not None:
            return
        rtp, rtcp = self._channels["video"]
        sound = self._channels.get("audio")
        channels = Channels(rtp=rtp, rtcp=rtcp, sound=None if sound is None else sound[0])
        reel = await camera.reel(rtp)
        now = self._loop.time()
        self._playback = FaultyPlayback(camera, self._wire, channels, reel, self._place.totals, now)
        self._place.schedule.add(self._playback)

    def _stop(self) -> None:
        if self._playback is not None:
            self._playback.stopped = True
            self._playback = None
        self._channels.clear()
        self._session = ""


def _sequence(request: Request) -> str:
    return request.headers.get("cseq", "0")
