# SPDX-License-Identifier: AGPL-3.0-or-later
"""Packs the verifier and a Python that browsers run (Pyodide) into one HTML file.

The modules are those of `verify.py`, so page and program say the same (ADR 0606). The page's policy
(CSP) lets it load nothing, from nowhere: what is chosen in it cannot leave the computer. The same
sources and the same Pyodide always give the same file.
"""

import base64
import gzip
import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from machimori import __version__
from machimori.evidence.bundle import closure
from machimori.evidence.errors import EvidenceError

ENTRY: Final = "machimori.evidence.verifier.browser"
POLICY: Final = (
    "default-src 'none'; script-src 'sha256-{script}' data: 'wasm-unsafe-eval'; worker-src data:;"
    " style-src 'sha256-{style}'; media-src blob:; base-uri 'none'; form-action 'none'"
)
_PYODIDE: Final = {
    "pyodide.mjs": True,
    "pyodide.asm.mjs": True,
    "pyodide.asm.wasm": True,
    "python_stdlib.zip": False,
}
"""The files of the npm package that are needed, and whether they are worth compressing."""


def pack_page(pyodide: Path) -> bytes:
    """The page, UTF-8. `pyodide` is the npm package's folder.

    Raises EvidenceError if something of Pyodide is not there.
    """
    script, style = _own("page.js"), _own("page.css")
    parts = {
        "policy": POLICY.format(script=_csp_hash(script), style=_csp_hash(style)),
        "version": __version__,
        "style": style,
        "script": script,
        "worker": _data(_own("worker.js").encode(), compress=False),
        "sources": json.dumps(_sources(), ensure_ascii=False, indent=0).replace("<", "\\u003c"),
        "lock": _lock(pyodide),
        "runtime": _runtime(pyodide),
    }
    page = _own("verify.html")
    for name, text in parts.items():
        page = page.replace("{{" + name + "}}", text)
    return page.encode()


@cache
def packed() -> bytes:
    """The page as `make pages` packed it into this installation. Raises EvidenceError."""
    return _read(Path(str(files("machimori.evidence.page"))) / "packed" / "verify.html")


def policy(page: bytes) -> str:
    """The policy of a packed page, for whoever serves it."""
    _, _, rest = page.partition(b'http-equiv="Content-Security-Policy" content="')
    return rest.partition(b'"')[0].decode()


def _sources() -> dict[str, str]:
    """The modules by the path at which Python finds them."""
    return {
        name.replace(".", "/") + ("/__init__.py" if package else ".py"): text
        for name, (text, package) in sorted(closure(ENTRY))
    }


def _runtime(pyodide: Path) -> str:
    """One element for each file of Pyodide, with its digest for whoever compares."""
    elements = []
    for name, compress in _PYODIDE.items():
        data = _read(pyodide / name)
        digest = hashlib.sha256(data).hexdigest()
        elements.append(
            f'<script type="text/plain" id="{name}" data-gzip="{str(compress).lower()}"'
            f' data-sha256="{digest}">{_data(data, compress=compress)}</script>'
        )
    return "\n".join(elements)


def _lock(pyodide: Path) -> str:
    """Pyodide's list of packages, of which the verifier needs none."""
    info = json.loads(_read(pyodide / "pyodide-lock.json"))["info"]
    return json.dumps({"info": info, "packages": {}})


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EvidenceError(
            f"cannot be read: {error.strerror}",
            where=str(path),
            remedy="`make pages` installs the npm package pyodide and packs the page",
        ) from error


def _own(name: str) -> str:
    return (files("machimori.evidence.page") / name).read_text(encoding="utf-8")


def _data(data: bytes, *, compress: bool) -> str:
    return base64.b64encode(gzip.compress(data, 9, mtime=0) if compress else data).decode()


def _csp_hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
