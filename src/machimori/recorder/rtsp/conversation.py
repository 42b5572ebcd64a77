# SPDX-License-Identifier: AGPL-3.0-or-later
"""What handshake and session share: numbering requests, credentials, answering the camera."""

from machimori.kernel.ids import CameraId
from machimori.recorder.errors import CameraDenied, CameraError, CameraLost
from machimori.recorder.rtsp.auth import Authenticator
from machimori.recorder.rtsp.message import (
    USER_AGENT,
    Request,
    Response,
    encode_request,
    encode_response,
)

_MEANINGS = {
    400: "bad request",
    401: "user name or password are wrong or missing",
    403: "forbidden",
    404: "it knows no such stream",
    405: "method not allowed",
    406: "not acceptable",
    408: "request timed out",
    415: "unsupported media",
    451: "parameter not understood",
    453: "not enough bandwidth; perhaps too many clients",
    454: "it knows no such session",
    455: "not valid in this state",
    457: "range refused",
    459: "aggregate operation not allowed",
    460: "only aggregate operation allowed",
    461: "it does not send over the RTSP connection",
    500: "internal error",
    501: "not implemented",
    503: "it is busy",
    551: "option not supported",
}

_OUR_METHODS = "OPTIONS, GET_PARAMETER, SET_PARAMETER, ANNOUNCE, REDIRECT, TEARDOWN"


def meaning(status: int) -> str:
    """What a status says, in our words: a camera's own reason phrase is not to be trusted."""
    return f"it answered {status} ({_MEANINGS.get(status, 'no further meaning known')})"


class Conversation:
    """Requests to one camera on one connection."""

    def __init__(self, *, camera: CameraId, authenticator: Authenticator) -> None:
        self.camera = camera
        self.session_id = ""
        """As the camera gave it, without parameters; empty before SETUP."""
        self._authenticator = authenticator
        self._cseq = 0
        self._refusals = 0

    def request(self, method: str, url: str, *headers: tuple[str, str]) -> bytes:
        """The next request. Forgets the refusals of the one before."""
        self._refusals = 0
        return self._encode(method, url, headers)

    def again(self, response: Response, method: str, url: str, *headers: tuple[str, str]) -> bytes:
        """The same request with an answer to the challenge of a 401; b"" if there is no point."""
        self._refusals += 1
        challenges = response.headers.all("www-authenticate")
        if not self._authenticator.challenged(challenges, refusals=self._refusals):
            return b""
        return self._encode(method, url, headers)

    def denied(self, state: str, offset: int) -> CameraDenied:
        """The error for a 401 that cannot be helped."""
        if self._authenticator.able:
            text, remedy = "the camera refuses user name and password", "check them on the camera"
        else:
            text, remedy = "the camera asks for a user name and password", "configure them"
        return CameraDenied(text, camera=self.camera, state=state, offset=offset, remedy=remedy)

    def answers(self, response: Response) -> bool:
        """Whether this answers the last request. A camera without CSeq is given the benefit."""
        return response.cseq is None or response.cseq >= self._cseq

    def reply(self, request: Request, *, state: str, offset: int) -> bytes:
        """The answer to a camera's request.

        Raises CameraLost for TEARDOWN and REDIRECT: the recorder opens the camera anew.
        """
        if request.method in ("TEARDOWN", "REDIRECT"):
            raise CameraLost(
                f"the camera ended the session by {request.method}",
                camera=self.camera,
                state=state,
                offset=offset,
            )
        headers = [] if request.cseq is None else [("CSeq", str(request.cseq))]
        if request.method == "OPTIONS":
            return encode_response(200, "OK", [*headers, ("Public", _OUR_METHODS)])
        if request.method in ("GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE", "PLAY_NOTIFY"):
            if self.session_id:
                headers.append(("Session", self.session_id))
            return encode_response(200, "OK", headers)
        return encode_response(501, "Not Implemented", headers)

    def failed(
        self, kind: type[CameraError], message: str, *, state: str, offset: int
    ) -> CameraError:
        """An error of `kind` with this camera in it."""
        return kind(message, camera=self.camera, state=state, offset=offset)

    def _encode(self, method: str, url: str, headers: tuple[tuple[str, str], ...]) -> bytes:
        self._cseq += 1
        fields = [("CSeq", str(self._cseq)), ("User-Agent", USER_AGENT)]
        if self.session_id:
            fields.append(("Session", self.session_id))
        authorization = self._authenticator.header(method, url)
        if authorization is not None:
            fields.append(("Authorization", authorization))
        return encode_request(method, url, [*fields, *headers])
