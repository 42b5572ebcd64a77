# SPDX-License-Identifier: AGPL-3.0-or-later
"""The outermost ring: limits on requests, headers of security, and the one log line of a failure.

A page runs no inline script and no inline style, is framed by nobody, is not kept by any cache, and
tells other sites nothing (`same-origin`, because CSRF is told by the origin of our own forms, which
browsers hide where there is no referrer at all). Failures are logged by route name and place in
the code: paths hold ids, and messages of exceptions can hold what somebody typed.
"""

import logging
import traceback
from collections.abc import Callable
from typing import Final

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from machimori.office.shared.config import config

MAX_BODY: Final = 1 << 20
"""Bytes of an ordinary form."""
MAX_UPLOAD: Final = 32 << 20
"""Bytes of a form with files."""
CSP: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), payment=(),"
    " publickey-credentials-get=(self), publickey-credentials-create=(self)",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_log = logging.getLogger("machimori.office")


class Outermost:
    """Wraps every other part of the site."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = _too_large(request) or self._get_response(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Cache-Control"] = "no-store"
        if config().tls:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Log where it happened, not what was in it; Django then answers with `failures`."""
        if isinstance(error, Http404 | PermissionDenied | SuspiciousOperation):
            # An answer, not a failure. SuspiciousOperation is the parent of what Django refuses.
            return
        match = request.resolver_match
        frame = traceback.extract_tb(error.__traceback__)[-1]
        _log.error(
            "%s failed in route %s at %s:%s",
            type(error).__name__,
            match.view_name if match else "?",
            frame.name,
            frame.lineno,
        )


def _too_large(request: HttpRequest) -> HttpResponse | None:
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return HttpResponse(status=400)
    files = (request.content_type or "") == "multipart/form-data"
    if length > (MAX_UPLOAD if files else MAX_BODY) or (
        "CONTENT_LENGTH" not in request.META
        and "chunked" in request.headers.get("Transfer-Encoding", "")
    ):
        return HttpResponse(
            "大きすぎて受け取れません。", status=413, content_type="text/plain; charset=utf-8"
        )
    return None
