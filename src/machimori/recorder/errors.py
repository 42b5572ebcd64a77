# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can go wrong between a camera and the recorder.

One root, `RecorderError`. A `CameraError` says which camera, in which state of the conversation
and at which byte of its stream, and under which cause the gap that it leaves is recorded. None of
them carries a password, an Authorization value, a nonce or a URL.
"""

from typing import ClassVar, Literal

from machimori.kernel.errors import MalformedError, RefusedError, UnavailableError
from machimori.kernel.ids import CameraId

Cause = Literal["refused", "stalled", "network", "camera_lost"]
"""The causes of a gap (footage records) that a camera's connection can give."""


class RecorderError(UnavailableError):
    """Something the recorder needs does not work; what was recorded is safe."""


class RtspMalformed(RecorderError, MalformedError):  # noqa: N818 – an adjective says it best
    """Bytes that are not RTSP, or more of it than the bounds allow. `offset` counts from the first
    byte that the parser was given."""

    exit_code = MalformedError.exit_code

    def __init__(self, message: str, *, offset: int) -> None:
        super().__init__(message, where=f"byte {offset}")
        self.offset = offset


class ChronySilent(RecorderError):  # noqa: N818 – reads as a sentence, as those below
    """chronyd on this machine gives no answer; the bound on the clock's error is then unknown."""


class ChronyMalformed(RecorderError, MalformedError):  # noqa: N818
    """What came as chronyd's answer is none."""

    exit_code = MalformedError.exit_code


class ConfirmationRefusedError(RecorderError, RefusedError):
    """The present time of the clock cannot be confirmed, and why. Nothing was changed."""

    exit_code = RefusedError.exit_code


class LiveRefusedError(RecorderError, RefusedError):
    """A recorder hands out no present picture for this grant: not this camera, or not now."""

    exit_code = RefusedError.exit_code


class LiveBusyError(RecorderError):
    """The camera's pictures would have to become H.264 to be shown, and the recorder does that for
    as many cameras as it may."""


class CameraError(RecorderError):
    """One camera cannot be recorded now. The recorder tries again; the others are unaffected."""

    cause: ClassVar[Cause] = "camera_lost"

    def __init__(
        self,
        message: str,
        *,
        camera: CameraId,
        state: str,
        offset: int | None = None,
        remedy: str = "",
    ) -> None:
        place = f"camera {camera}, {state}"
        if offset is not None:
            place += f", byte {offset}"
        super().__init__(message, where=place, remedy=remedy)
        self.camera = camera
        self.state = state
        """`connect`, `tls`, `options`, `describe`, `setup`, `play` or `playing`."""
        self.offset = offset
        """Bytes received on this connection before the fault; None if none is to blame."""


class CameraUnreachable(CameraError):  # noqa: N818 – reads as a sentence: "camera unreachable"
    """No connection, or it broke."""

    cause = "network"


class CameraSilent(CameraError):  # noqa: N818
    """The camera did not answer within the limit of the state."""

    cause = "stalled"


class CameraRefused(CameraError):  # noqa: N818
    """The camera answers, and says no: wrong password, unknown path, no video, an identity that
    does not verify."""

    cause = "refused"


class CameraDenied(CameraRefused):
    """The camera does not take our user name and password. Many lock a user who goes on trying."""


class CameraMalformed(CameraError, MalformedError):  # noqa: N818
    """The camera sent what is not RTSP, or more of it than the bounds allow."""

    cause = "camera_lost"
    exit_code = MalformedError.exit_code


class CameraLost(CameraError):  # noqa: N818
    """The camera ended the session: unknown session, TEARDOWN, REDIRECT, a new description."""

    cause = "camera_lost"
