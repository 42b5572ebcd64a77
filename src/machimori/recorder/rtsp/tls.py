# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whom an RTSPS camera must prove to be. There is no way to accept anybody.

Either its certificate is signed by an authority (the given file's, else the system's) and names
the host of the URL, or its SHA-256 is the configured fingerprint, which then decides alone: most
cameras have a certificate that they signed themselves.
"""

import hashlib
import hmac
import ssl
from functools import lru_cache
from pathlib import Path

from machimori.kernel.errors import UsageError
from machimori.recorder.camera import CameraConfig


def context(camera: CameraConfig) -> ssl.SSLContext:
    """The context for a camera; cached, since reading the system's authorities takes 20 ms.

    Raises UsageError if the authorities' file cannot be read.
    """
    if camera.pin is not None:
        return _pinned()
    try:
        return _verified(camera.ca)
    except (OSError, ssl.SSLError):
        raise UsageError(
            "the file with the camera's certificate authorities cannot be read",
            where=f"camera {camera.id}",
        ) from None


def matches(camera: CameraConfig, certificate: bytes | None) -> bool:
    """Whether the certificate (DER) that the handshake showed is the pinned one. True without a
    pin: the context has verified it then."""
    if camera.pin is None:
        return True
    return certificate is not None and hmac.compare_digest(
        hashlib.sha256(certificate).digest(), camera.pin
    )


@lru_cache(maxsize=64)
def _verified(ca: Path | None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=None if ca is None else str(ca))
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


@lru_cache(maxsize=1)
def _pinned() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    # The name and the chain are not looked at because `matches` compares the certificate itself,
    # before the first byte of RTSP is sent.
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made
