# SPDX-License-Identifier: AGPL-3.0-or-later
"""Packs the verifier into one file that a bare Python 3.11 runs: `python3 -I verify.py …`.

The file holds the sources of the verifier and of every module it imports, as readable text, and a
few lines that let `import` find them there. Nothing is compressed or compiled, so that whoever
distrusts it can read it; the same sources always give the same file, so that whoever compares it
with another copy sees no difference.
"""

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

from machimori import __version__
from machimori.evidence.errors import EvidenceError

ENTRY = "machimori.evidence.verifier.app"

_HEAD = """\
#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# 街守（まちもり）証拠の検証プログラム {version}
#
#   使い方:  python3 -I verify.py 証拠のファイル.zip --city 市が公表する鍵の指紋
#   英語で:  python3 -I verify.py package.zip --city FINGERPRINT --lang en
#
# Python 3.11 以上だけで動きます。ネットワークは使わず、何も書き込みません。
# Verifies a Machimori evidence package with Python 3.11 or newer and nothing else: no network, no
# installation, nothing written. Below are the sources of Machimori's verifier, unchanged, module by
# module ({count} modules, SHA-256 of all {digest}); the few lines that load them are at the end.

import importlib.abc
import importlib.machinery
import sys

if sys.version_info < (3, 11):
    sys.exit("Python 3.11 以上が必要です / Python 3.11 or newer is needed")

SOURCES = {{
"""

_TAIL = '''\
}}
PACKAGES = {packages!r}


class Embedded(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds the modules above."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in SOURCES:
            return None
        return importlib.machinery.ModuleSpec(
            fullname, self, origin="verify.py", is_package=fullname in PACKAGES
        )

    def get_source(self, fullname):
        return "".join(SOURCES[fullname])

    def is_package(self, fullname):
        return fullname in PACKAGES


if __name__ == "__main__":
    sys.meta_path.insert(0, Embedded())
    from {entry} import main

    sys.exit(main())
'''


def pack() -> bytes:
    """The one-file verifier, UTF-8. Raises EvidenceError if a module needs more than Python."""
    sources = dict(sorted(closure(ENTRY)))
    everything = hashlib.sha256()
    for name, (text, _) in sources.items():
        everything.update(f"{name}\0{text}\0".encode())
    parts = [_HEAD.format(version=__version__, count=len(sources), digest=everything.hexdigest())]
    for name, (text, _) in sources.items():
        parts.append(f"    {name!r}: (\n")
        parts += [f"        {line!r},\n" for line in text.splitlines(keepends=True)]
        parts.append("    ),\n")
    packages = tuple(name for name, (_, package) in sources.items() if package)
    parts.append(_TAIL.format(packages=packages, entry=ENTRY))
    return "".join(parts).encode()


def closure(entry: str) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Every module of Machimori that `entry` imports: name, source, whether it is a package."""
    waiting, seen = [entry], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        spec = _spec(name)
        if spec is None or spec.origin is None:
            raise EvidenceError("a module of the verifier cannot be found", where=name)
        text = Path(spec.origin).read_text(encoding="utf-8")
        waiting += _imports(name, text)
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        yield name, (text, spec.submodule_search_locations is not None)


def _imports(name: str, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found = [node.module]
            found += [
                f"{node.module}.{alias.name}"
                for alias in node.names
                if node.module.startswith("machimori") and _spec(f"{node.module}.{alias.name}")
            ]
        else:
            continue
        for module in found:
            top = module.partition(".")[0]
            if top == "machimori":
                yield module
            elif top not in sys.stdlib_module_names:
                raise EvidenceError(
                    f"the verifier may import the standard library only, not {module}", where=name
                )


def _spec(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None  # `name`'s parent is a module, so `name` is something inside it
