# SPDX-License-Identifier: AGPL-3.0-or-later
"""The stream description a camera answers DESCRIBE with (RFC 8866; fmtp of RFC 6184 and 7798)."""

from base64 import b64encode

from machimori.simcity.clips import CLOCK, Clip
from machimori.simcity.runs import payload_type

_H265_PARAMETERS = {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}


def _format(clip: Clip) -> str:
    units = clip.pictures[0].units
    if clip.spec.codec == "h264":
        sets = [unit for unit in units if unit[0] & 0x1F in (7, 8)]
        sprop = ",".join(b64encode(unit).decode() for unit in sets)
        profile = sets[0][1:4].hex()
        return f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sprop}"
    return ";".join(
        f"{_H265_PARAMETERS[unit[0] >> 1]}={b64encode(unit).decode()}"
        for unit in units
        if unit[0] >> 1 in _H265_PARAMETERS
    )


def describe(clip: Clip, *, controls: tuple[str, str, str], sound: bool, host: str) -> str:
    """The description of a camera that plays `clip`.

    `controls` are the control URLs of session, video and sound as the camera writes them, each
    absolute or relative; an empty one is left out.
    """
    kind = payload_type(clip.spec.codec)
    encoding = {"h264": "H264", "h265": "H265", "mjpeg": "JPEG"}[clip.spec.codec]
    lines = [
        "v=0",
        f"o=- 1 1 IN IP4 {host}",
        f"s={clip.spec.name}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        *([f"a=control:{controls[0]}"] if controls[0] else []),
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {kind}",
        f"a=rtpmap:{kind} {encoding}/{CLOCK}",
    ]
    if clip.spec.codec != "mjpeg":
        lines.append(f"a=fmtp:{kind} {_format(clip)}")
    lines.append(f"a=framerate:{clip.spec.rate}")
    if controls[1]:
        lines.append(f"a=control:{controls[1]}")
    if sound:
        lines += ["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", f"a=control:{controls[2]}"]
    return "\r\n".join(lines) + "\r\n"
