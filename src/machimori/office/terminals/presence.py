# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which terminal a browser is at: proved by the terminal's key, remembered for a working day.

The proof is a cookie that the office signs; it outlives a change of person and dies 12 hours after
the key was touched, when the key is reported lost or replaced, and when the terminal is withdrawn.
What an act needs of it is the rules' business: `established` says what is so, and
`policy.decisions` refuses, with the clause.
"""

import datetime as dt
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from machimori.office.people.acting import Acting
from machimori.office.shared.config import config
from machimori.office.terminals import access
from machimori.office.terminals.models import Terminal, TerminalKey

LONGEST: Final = dt.timedelta(hours=12)
_SALT: Final = "machimori.terminal"


@dataclass(frozen=True, kw_only=True)
class Established:
    """What the rules ask about where an act happens (`policy.requests.Request`)."""

    at_terminal: bool = False
    place: str = ""


def here(request: HttpRequest, *, acting: Acting) -> Terminal | None:
    """The scheme's terminal that this browser has proved to be at."""
    sealed = request.COOKIES.get(_cookie(), "")
    try:
        number, text = signing.loads(sealed, salt=_SALT)
        proved = dt.datetime.fromisoformat(text)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    found = TerminalKey.objects.filter(pk=number, terminal__scheme=acting.scheme)
    key = found.select_related("terminal").first()
    if key is None or not dt.timedelta(0) <= acting.at - proved <= LONGEST:
        return None
    same = access.key_of(key.terminal) == key
    return key.terminal if same and inside(key.terminal, _address(request)) else None


def established(request: HttpRequest, *, acting: Acting, lent: bool = False) -> Established:
    """Whether the person acts at an enrolled terminal that they may operate, and where it stands.

    `lent`: at the terminal lent to a police station, which counts for nothing else.
    """
    found = here(request, acting=acting)
    if found is None or bool(found.lent_to) is not lent:
        return Established()
    return Established(at_terminal=access.operates(found, acting=acting), place=found.place)


def remember(response: HttpResponseBase, key: TerminalKey, at: dt.datetime) -> None:
    """Let this browser be at the key's terminal from now on."""
    response.set_cookie(
        _cookie(),
        signing.dumps([key.pk, at.isoformat()], salt=_SALT),
        max_age=int(LONGEST.total_seconds()),
        secure=config().tls,
        httponly=True,
        samesite="Strict",
    )


def inside(terminal: Terminal, address: str) -> bool:
    """Whether the terminal may be used from this network address."""
    networks = [one for one in terminal.networks.split(",") if one]
    if not networks:
        return True
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(one) for one in networks)


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _cookie() -> str:
    return "__Host-terminal" if config().tls else "terminal"
