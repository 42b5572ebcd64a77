# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking a time-stamp authority (RFC 3161, 3.4: over HTTP) to stamp a statement.

Optional, because offices are often offline: a package says whether it is stamped. The response is
checked with `rfc3161-client` against the authority's roots before it goes into a package.
"""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from machimori.evidence.errors import StampError
from machimori.kernel.errors import UsageError

TIMEOUT = 20.0
MAX_RESPONSE = 1024 * 1024

Exchange = Callable[[bytes], bytes]
"""Sends a DER TimeStampReq, returns a DER TimeStampResp. Raises StampError."""


def over_http(url: str) -> Exchange:
    """An authority behind a URL. Raises UsageError for a URL that is not http or https."""
    if not url.startswith(("https://", "http://")):
        raise UsageError("a time-stamp authority has an http or https URL")

    def exchange(request: bytes) -> bytes:
        asked = urllib.request.Request(  # noqa: S310 -- http and https only, see above
            url,
            data=request,
            headers={
                "Content-Type": "application/timestamp-query",
                "Accept": "application/timestamp-reply",
            },
        )
        try:
            with urllib.request.urlopen(asked, timeout=TIMEOUT) as answer:  # noqa: S310
                data: bytes = answer.read(MAX_RESPONSE)
        except (OSError, urllib.error.URLError) as error:
            raise StampError(
                "the time-stamp authority does not answer",
                remedy="make the package without a stamp, or try again later",
            ) from error
        return data

    return exchange


class Rfc3161:
    """Stamps with one authority whose root certificates are known."""

    def __init__(self, exchange: Exchange, roots: Path) -> None:
        """`roots` is a PEM file with the authority's certificates. Raises UsageError."""
        self._exchange = exchange
        try:
            self._roots = x509.load_pem_x509_certificates(roots.read_bytes())
        except (OSError, ValueError) as error:
            raise UsageError("no certificates in this PEM file", where=str(roots)) from error

    def stamp(self, data: bytes) -> bytes:
        """The DER TimeStampResp over SHA-256 of `data`, verified. Raises StampError."""
        request = (
            TimestampRequestBuilder()
            .data(data)
            .hash_algorithm(HashAlgorithm.SHA256)
            .cert_request(cert_request=True)
            .build()
        )
        answer = self._exchange(request.as_bytes())
        try:
            response = decode_timestamp_response(answer)
            builder = VerifierBuilder.from_request(request)
            for root in self._roots:
                builder = builder.add_root_certificate(root)
            builder.build().verify(response, hashlib.sha256(data).digest())
        except (VerificationError, ValueError) as error:
            raise StampError(
                "the time-stamp authority's answer does not verify",
                remedy="check that the certificates are this authority's",
            ) from error
        return answer
