# SPDX-License-Identifier: AGPL-3.0-or-later
"""RTSP URLs: where to connect, what to ask for, and never with credentials in them.

A control URL is resolved as RFC 2326 C.1.1 says only on paper; cameras expect what the common
clients do, which is to append it to the base, query included
(`rtsp://cam/live?channel=1/trackID=1`). Both readings are offered, the common one first.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

PORTS = {"rtsp": 554, "rtsps": 322}
"""Default ports (RFC 2326 3.2; RFC 7826 for rtsps)."""
MAX_URL = 4_096

_USERINFO = re.compile(r"(rtspu?s?://)[^/\s\"'<>]*@", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where an RTSP URL leads."""

    tls: bool
    host: str
    """Name or address, lower case, without brackets."""
    port: int


def origin(url: str) -> Origin | None:
    """The origin of an `rtsp` or `rtsps` URL, None if it is no such URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        return None
    return Origin(
        tls=parts.scheme == "rtsps", host=parts.hostname, port=port or PORTS[parts.scheme]
    )


def clean(url: str) -> str | None:
    """`url` fit for a request line: userinfo removed, spaces and non-ASCII percent-encoded.

    None if it is too long for that.
    """
    text = without_userinfo(url.strip())
    text = quote(text.encode("utf-8", "surrogateescape"), safe="!#$%&'()*+,/:;=?@[]~-._|")
    return text if len(text) <= MAX_URL else None


def without_userinfo(text: str) -> str:
    """`text` with `user:password@` taken out of every RTSP URL in it."""
    return _USERINFO.sub(r"\1", text)


def base(request_url: str, *, content_base: str | None, content_location: str | None) -> str:
    """The URL that controls are relative to (RFC 2326 C.1.1): Content-Base, else Content-Location,
    else the request's URL; a relative one is resolved against the request's URL, an unusable one
    passed over."""
    for candidate in (content_base, content_location):
        if not candidate:
            continue
        url = candidate
        if not _SCHEME.match(candidate):
            try:
                url = urljoin(_http(request_url), candidate)
            except ValueError:
                continue
            url = _rtsp(url, request_url)
        url = clean(url) or ""
        if origin(url) is not None:
            return url
    return request_url


def controls(base_url: str, control: str | None) -> tuple[str, ...]:
    """What to ask for to control a media or the session, likeliest first, without repetition."""
    if not control or control == "*":
        return (base_url,)
    if _SCHEME.match(control):
        url = clean(control)
        return (url,) if url and origin(url) is not None else (base_url,)
    glue = "" if base_url.endswith("/") or control.startswith(("?", "/")) else "/"
    appended = base_url + glue + control
    try:
        standard = _rtsp(urljoin(_http(base_url), control), base_url)
    except ValueError:
        standard = appended
    if control.startswith("/"):
        order = [standard, base_url.rstrip("/") + control]
    else:
        order = [appended, standard]
    cleaned = (clean(url) for url in order)
    # A control such as `x:1` reads as a URL of another kind by RFC 3986; nothing is asked of it.
    usable = (url for url in cleaned if url and origin(url) is not None)
    return tuple(dict.fromkeys(usable)) or (base_url,)


def _http(url: str) -> str:
    """urljoin knows the rules of RFC 3986 for `http`; `rtsp` follows the same."""
    return "http" + url[url.index(":") :]


def _rtsp(url: str, like: str) -> str:
    scheme = like[: like.index(":")]
    return scheme + url[url.index(":") :] if url.startswith("http:") else url
