# SPDX-License-Identifier: AGPL-3.0-or-later
"""An RTSP server that is not ours: GStreamer's, for tests of what the recorder makes of it.

A script for the system's `python3`, the only one that sees Debian's GObject bindings; it imports
nothing of Machimori. `testing.GStreamerServer` starts it. Prints `port <n>` when it listens and
ends when its standard input does.

Arguments: codec (h264, h265, jpeg), `--sound`, `--user`, `--password`, `--digest`,
`--certificate PEM` (key and certificate; RTSPS then).
"""

import argparse
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

_SOURCE = (
    "videotestsrc is-live=true pattern=ball"
    " ! video/x-raw,format=I420,width=320,height=240,framerate=15/1"
)
_CODECS = {
    "h264": (
        "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15"
        " ! rtph264pay name=pay0 pt=96 config-interval=1"
    ),
    "h265": (
        "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15 option-string=log-level=0"
        " ! rtph265pay name=pay0 pt=96 config-interval=1"
    ),
    "jpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}
_SOUND = "audiotestsrc is-live=true ! audio/x-raw,rate=8000 ! mulawenc ! rtppcmupay name=pay1 pt=0"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("codec", choices=sorted(_CODECS))
    parser.add_argument("--sound", action="store_true")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--digest", action="store_true")
    parser.add_argument("--certificate")
    args = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory.new()
    sound = f" {_SOUND}" if args.sound else ""
    factory.set_launch(f"( {_SOURCE} ! {_CODECS[args.codec]}{sound} )")
    factory.set_shared(True)
    if args.user or args.certificate:
        server.set_auth(_auth(args, factory))
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    sys.stdout.write(f"port {server.get_bound_port()}\n")
    sys.stdout.flush()
    loop.run()


def _auth(
    args: argparse.Namespace, factory: "GstRtspServer.RTSPMediaFactory"
) -> "GstRtspServer.RTSPAuth":
    auth = GstRtspServer.RTSPAuth.new()
    if args.certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(args.certificate))
    role = "anonymous"
    if args.user:
        role = "viewer"
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", role)
        if args.digest:
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            auth.add_digest(args.user, args.password, token)
        else:
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(args.user, args.password), token)
    else:
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", role)
        auth.set_default_token(token)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_role(role)
    permissions.add_permission_for_role(role, "media.factory.access", True)
    permissions.add_permission_for_role(role, "media.factory.construct", True)
    factory.set_permissions(permissions)
    return auth


if __name__ == "__main__":
    main()
