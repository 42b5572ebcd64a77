# SPDX-License-Identifier: AGPL-3.0-or-later
"""The catalogue of what can be wrong with a camera, and the habits of real ones.

A fault is set for a camera by name and stays until it is cleared. Those marked `once` act once in
each RTSP session that plays while they are set (a later session meets them again), or again every
`every` pictures; the others act all the time. Every argument has a default, whose type is checked.
"""

from dataclasses import dataclass

from machimori.simcity.errors import UnknownError

Value = int | float | str | bool
Arguments = dict[str, Value]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of fault: what it does, its arguments with their defaults."""

    text: str
    arguments: Arguments
    once: bool = False


CHOICES = {
    "hang.at": ("connect", "options", "describe", "setup", "play", "keepalive", "teardown"),
    "unauthorized.at": ("options", "describe", "setup", "play", "keepalive", "teardown"),
    "status.at": ("options", "describe", "setup", "play", "keepalive", "teardown"),
    "endless.at": ("options", "describe", "setup", "play", "keepalive", "teardown"),
    "message.kind": ("request", "response"),
    "wrong_session.how": ("answer", "forget"),
    "content_base.form": ("missing", "relative", "location"),
    "control.form": ("absolute", "path", "none"),
    "trailing_garbage.where": ("body", "after"),
}
"""The words that an argument, written `fault.argument`, may be."""


def _kind(text: str, **arguments: Value) -> Kind:
    return Kind(text=text, arguments=arguments)


def _once(text: str, **arguments: Value) -> Kind:
    return Kind(text=text, arguments={"every": 0, **arguments}, once=True)


KINDS: dict[str, Kind] = {
    # The connection.
    "refuse": _kind("connections are refused (reset, on the port that all cameras share)"),
    "hang": _kind(
        "no answer `at` connect, options, describe, setup, play, keepalive or teardown; "
        "with `partial` half an answer",
        at="describe",
        partial=False,
    ),
    "half_open": _kind(
        "connections that are open when it is set fall silent, neither read nor closed"
    ),
    "reboot": _kind("connections are reset, then refused for `seconds`", seconds=2.0),
    "slow": _kind("each answer comes `seconds` late", seconds=1.0),
    "drip": _kind("answers come byte by byte, one every `seconds`", seconds=0.05),
    "endless": _kind("the head of an answer `at` a state never ends", at="describe"),
    # The stream.
    "stall": _kind("pictures stop, RTSP goes on"),
    "loss": _kind("each `every`-th RTP packet is missing", every=50),
    "burst": _kind("what `seconds` hold comes at once", seconds=2.0),
    "flood": _kind("each picture comes `times` times, as new packets", times=20),
    "drift": _kind("the camera's clock runs `ppm` millionths fast", ppm=200.0),
    "message": _once("RTSP `kind` (request or response) between frames", kind="request"),
    "rtcp_burst": _once("`count` sender reports in a row", count=200),
    "lost_sync": _once("`bytes` are cut out of a frame", bytes=100),
    "garbage": _once("`bytes` of noise between frames", bytes=64),
    "absurd_length": _once("a frame that claims `length` bytes and has few", length=65535),
    "strange_channel": _once("a frame on a `channel` that nobody set up", channel=77),
    "clock_jump": _once(
        "RTP time stamps (`rtp`) and the reported clock (`ntp`) jump by `seconds`",
        seconds=3600.0,
        rtp=True,
        ntp=True,
    ),
    "sequence_wrap": _kind("sessions begin `packets` before the wrap", packets=40),
    "timestamp_wrap": _kind("sessions begin `seconds` before the wrap", seconds=1.0),
    # The encoder: the clip changes at its next key picture.
    "resolution": _kind("new parameter sets and size", width=176, height=144),
    "long_gop": _kind("key pictures `seconds` apart", seconds=120.0),
    "b_frames": _kind("`count` B-frames between reference pictures", count=2),
    "slices": _kind("`count` slices a picture", count=4),
    # Habits in RTSP.
    "wrong_session": _kind(
        "`how` answer: answers name another session; forget: 454 after PLAY", how="answer"
    ),
    "unauthorized": _kind("401 `at` a state, `times` times (0: always)", at="play", times=1),
    "stale_nonce": _kind("a nonce is stale after `uses`", uses=2),
    "redirect": _kind("302 to /moved/<camera>, or to the URL `to`", to=""),
    "status": _kind("answers `code` `at` a state", at="describe", code=503),
    "content_base": _kind("Content-Base `form` missing, relative or location", form="missing"),
    "control": _kind("control URLs in `form` absolute, path or none", form="absolute"),
    "session_timeout": _kind("closes after `seconds` without a request", seconds=5),
    "channels": _kind("answers with channels `rtp` and `rtcp`", rtp=4, rtcp=5),
    "trailing_garbage": _kind("after the description, `where` body or after", where="after"),
    "no_content_type": _kind("DESCRIBE is answered without Content-Type"),
    "no_get_parameter": _kind("GET_PARAMETER is not implemented"),
    "odd_headers": _kind("header names in lower case, no space after the colon"),
}

CLIP_FAULTS = ("resolution", "long_gop", "b_frames", "slices")


def check(name: str, arguments: Arguments) -> Arguments:
    """The arguments of fault `name`, defaults put in. Raises UnknownError."""
    kind = KINDS.get(name)
    if kind is None:
        raise UnknownError(f"no fault {name!r}", remedy="one of " + ", ".join(KINDS))
    for key, value in arguments.items():
        default = kind.arguments.get(key)
        if default is None:
            raise UnknownError(f"fault {name} has no argument {key!r}")
        fits = isinstance(value, (int, float)) if type(default) is float else False
        if not fits and type(value) is not type(default):
            raise UnknownError(f"argument {key!r} of fault {name} is not like {default!r}")
        choices = CHOICES.get(f"{name}.{key}")
        if choices is not None and value not in choices:
            raise UnknownError(f"fault {name} has no {key} {value!r}", remedy=", ".join(choices))
    return {**kind.arguments, **arguments}
