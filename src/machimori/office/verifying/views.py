# SPDX-License-Identifier: AGPL-3.0-or-later
"""検証: the page and the program that judge a package, and the city's fingerprint.

The package itself is never sent here: the page judges it in the reader's browser.
"""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from machimori.evidence.bundle import pack
from machimori.evidence.page.packing import packed, policy
from machimori.office.shared.engine import engine
from machimori.office.shared.posts import public
from machimori.vault.errors import VaultError


@public
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """How to verify, and with which fingerprint."""
    return render(request, "verifying/page.html", {"fingerprint": _fingerprint()})


@public
@require_safe
def here(request: HttpRequest) -> HttpResponse:
    """The page that verifies, at once. Its own policy lets it load nothing, not even from here."""
    content = packed()
    response = HttpResponse(content, content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = f"{policy(content)}; frame-ancestors 'none'"
    return response


@public
@require_safe
def html(request: HttpRequest) -> HttpResponse:
    """The same as a file, for a computer without this network."""
    return _file(packed(), "text/html", "verify.html")


@public
@require_safe
def program(request: HttpRequest) -> HttpResponse:
    """The same for a bare Python."""
    return _file(_program(), "text/x-python", "verify.py")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@cache
def _program() -> bytes:
    return pack()


def _fingerprint() -> str:
    """The city's, in groups of four; "" while the vault does not answer."""
    try:
        found = engine().vault.identity().fingerprint()
    except VaultError:
        return ""
    return " ".join(found[at : at + 4] for at in range(0, len(found), 4))
