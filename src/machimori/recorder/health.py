# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the recording is going: JSON for people and programs, and Prometheus' text format.

`GET /health` and `GET /metrics` on a local port, no other path and no other method. Neither says
anything of a picture; both name cameras by their ids.
"""

import contextlib
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from machimori.footage.spool import Spool
from machimori.kernel.canonical import Json
from machimori.kernel.clock import Clock
from machimori.kernel.errors import UsageError
from machimori.kernel.instants import Micros, local_day, rfc3339
from machimori.kernel.signing import PublicKey
from machimori.recorder.bound import ClockBound
from machimori.recorder.config import RecorderConfig
from machimori.recorder.drain import Drain
from machimori.recorder.events import Events
from machimori.recorder.keys import BundleDirectory
from machimori.recorder.lane import Lane
from machimori.recorder.space import Space
from machimori.recorder.timefloor import TimeFloor
from machimori.recorder.writers import Writers

_GAUGES = {
    "up": "1 while footage of the camera is recorded",
    "bits_per_second": "bit rate over the last drains",
    "lag_seconds": "seconds since the last arrival",
    "clock_offset_seconds": "recorder's clock minus the camera's, from RTCP",
    "clock_drift_ppm": "growth of that offset, millionths",
}
_COUNTERS = {
    "bytes": "bytes recorded",
    "packets": "RTP packets received",
    "lost_packets": "RTP packets that never came, by sequence numbers",
    "sessions": "RTSP sessions opened",
    "resyncs": "times the stream had to be searched for the next frame",
    "garbage_bytes": "bytes that were neither frame nor message",
    "dropped_bytes": "bytes let go because the disk did not take them",
    "segments": "segments closed",
}


@dataclass(frozen=True, kw_only=True)
class Health:
    """All parts of one recorder that have a state to report."""

    config: RecorderConfig
    session: str
    public_key: PublicKey
    since: Micros
    sha256_lanes: int
    """Slices of a chunk that are digested side by side; 1: one after the other."""
    clock: Clock
    drain: Drain
    floor: TimeFloor
    bound: ClockBound
    keys: BundleDirectory
    space: Space
    writers: Writers
    spool: Spool | None
    events: Events

    def report(self) -> dict[str, Json]:
        """The state of everything, as JSON."""
        mono = self.clock.monotonic()
        now = self.floor.at(mono)
        bound = self.bound.at(mono)
        cameras = {lane.camera.id: of_lane(lane, now) for lane in self.drain.lanes}
        today = local_day(now, self.config.tz)
        return {
            "recorder": {
                "id": self.config.id,
                "session": self.session,
                "public_key": self.public_key.raw.hex(),
                "now": rfc3339(now),
                "since": rfc3339(self.since),
                "cameras": len(cameras),
                "recording": sum(int(values["up"]) for values in cameras.values()),
                "clock_confirmed": int(self.floor.confirmed),
                "clock_problem": self.floor.problem,
                "clock_bound_seconds": None if bound is None else bound / 1e6,
                "clock_bound_problem": self.bound.problem(mono),
                "drain_late_seconds": round(self.drain.late, 3),
                "drain_cpu_seconds": round(self.drain.cpu, 3),
                "disk_choked": int(self.drain.choked),
                "disk_state": self.space.state,
                "sha256_lanes": self.sha256_lanes,
                "sync_lag_seconds": round(self.writers.sync_lag, 3),
                "write_backlog": self.writers.backlog,
                "written_bytes": self.writers.bytes_written,
                "published": self.writers.published,
                "overwritten_segments": self.space.overwritten,
                **_of_spool(self.spool),
                "key_days_left": min(
                    (self.keys.days_left(camera, today) for camera in cameras), default=-1
                ),
                "kernel_tcp_bytes": _kernel_tcp_bytes(),
            },
            "cameras": cameras,
            "events": self.events.recent(),
            "event_counts": dict(self.events.counts),
        }


def _of_spool(spool: Spool | None) -> dict[str, Json]:
    if spool is None:
        return {}
    state = spool.state()
    return {
        "spool_objects": state.objects,
        "spool_bytes": state.size,
        "spool_limit_bytes": state.limit,
        "spool_oldest": state.oldest,
        "spool_uploaded": state.uploaded,
        "spool_refused": state.refused,
        "spool_failing": state.failing,
    }


def _kernel_tcp_bytes() -> int:
    """Memory of all TCP sockets of this machine's network namespace (/proc/net/sockstat)."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/net/sockstat").read_text().splitlines():
            if line.startswith("TCP:"):
                words = line.split()
                return int(words[words.index("mem") + 1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def of_lane(lane: Lane, now: Micros) -> dict[str, Json]:
    """One camera's state. Read without a lock: each value is one the drain has set."""
    recent = list(lane.recent)
    span = recent[-1][0] - recent[0][0] if len(recent) > 1 else 0
    bits = round(sum(size for _, size in recent[1:]) * 8e6 / span) if span > 0 else 0
    recording = lane.session is not None and lane.gap_from is None
    drift = lane.drift
    return {
        "up": int(recording),
        "bits_per_second": bits if recording else 0,
        "last": rfc3339(lane.arrived),
        "lag_seconds": max(0.0, round((now - lane.arrived) / 1e6, 3)),
        "clock_offset_seconds": None if drift.offset is None else round(drift.offset / 1e6, 3),
        "clock_drift_ppm": drift.ppm,
        "bytes": lane.bytes,
        "packets": lane.packets,
        "lost_packets": lane.lost,
        "sessions": lane.sessions,
        "resyncs": lane.resyncs,
        "garbage_bytes": lane.garbage,
        "dropped_bytes": lane.dropped,
        "segments": lane.segments,
        "gap": (
            None
            if lane.gap_from is None
            else {
                "since": rfc3339(lane.gap_from),
                "cause": lane.gap_cause,
                "detail": lane.gap_detail,
            }
        ),
    }


def metrics(report: dict[str, Json]) -> str:
    """A report in Prometheus' text exposition format 0.0.4."""
    lines: list[str] = []
    cameras: dict[str, dict[str, Json]] = report["cameras"]
    for names, kind, suffix in ((_GAUGES, "gauge", ""), (_COUNTERS, "counter", "_total")):
        for name, meaning in names.items():
            metric = f"machimori_camera_{name}{suffix}"
            lines += [f"# HELP {metric} {meaning}", f"# TYPE {metric} {kind}"]
            lines += [
                f'{metric}{{camera="{camera}"}} {values[name]}'
                for camera, values in cameras.items()
                if values[name] is not None
            ]
    for name, value in report["recorder"].items():
        if isinstance(value, int | float):
            metric = f"machimori_recorder_{name}"
            lines += [f"# TYPE {metric} gauge", f"{metric} {float(value):g}"]
    for event, count in report["event_counts"].items():
        lines.append(f'machimori_recorder_events_total{{event="{event}"}} {count}')
    return "\n".join(lines) + "\n"


class HealthServer:
    """Serves `report()` on a local port, in a thread of its own. Raises UsageError if it cannot."""

    def __init__(self, address: tuple[str, int], report: Callable[[], dict[str, Json]]) -> None:
        class Handler(BaseHTTPRequestHandler):
            """Two paths."""

            timeout = 5

            def do_GET(self) -> None:
                if self.path == "/health":
                    body, kind = json.dumps(report()).encode(), "application/json"
                elif self.path == "/metrics":
                    body, kind = metrics(report()).encode(), "text/plain; version=0.0.4"
                else:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                del format, args

        try:
            self._server = ThreadingHTTPServer(address, Handler)
        except OSError as error:
            raise UsageError(
                f"health cannot be served: {error.strerror}",
                where="{}:{}".format(*address),
                remedy="another port in [recorder] listen",
            ) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="health"
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
