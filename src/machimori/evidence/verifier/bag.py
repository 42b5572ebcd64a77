# SPDX-License-Identifier: AGPL-3.0-or-later
"""The package as a bag: BagIt 1.0 (RFC 8493), written and read strictly.

The tag files are written in exactly one way, so that the verifier can compare whole files and no
byte of them is free to differ.
"""

import re
from collections.abc import Mapping

from machimori.evidence.errors import PackageError
from machimori.evidence.verifier.container import check_path

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
BAGIT_TXT = "bagit.txt"
INFO_TXT = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
TAG_FILES = (BAGIT_TXT, INFO_TXT, MANIFEST)
PAYLOAD = "data/"
MAX_MANIFEST = 64 * 1024 * 1024

_LINE = re.compile(r"([0-9a-f]{64})  (\S+)\Z")


def is_payload(name: str) -> bool:
    """Whether a file is under `data/`."""
    return name.startswith(PAYLOAD)


def write_manifest(digests: Mapping[str, str]) -> bytes:
    """A manifest (2.1.3, 2.2.1): one line per file, by name."""
    lines = [f"{digest}  {check_path(name)}\n" for name, digest in sorted(digests.items())]
    return "".join(lines).encode()


def read_manifest(data: bytes, where: str) -> dict[str, str]:
    """The inverse of `write_manifest`. Raises PackageError for any other writing."""
    digests: dict[str, str] = {}
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise PackageError("manifest is not ASCII", where=where) from error
    for number, line in enumerate(lines[:-1], start=1):
        match = _LINE.match(line)
        if match is None:
            raise PackageError("not a line of a manifest", where=f"{where}, line {number}")
        digests[check_path(match[2])] = match[1]
    if write_manifest(digests) != data:
        raise PackageError("manifest is not written as Machimori writes it", where=where)
    return digests


def write_info(*, package: str, day: str, size: int, files: int, software: str) -> bytes:
    """`bag-info.txt` (2.2.2). `size` and `files` count the payload listed in the statement."""
    return (
        f"Bagging-Date: {day}\n"
        f"Bag-Software-Agent: {software}\n"
        f"External-Identifier: {package}\n"
        f"External-Description: Machimori evidence package; "
        f"{files} files of {size} bytes beside statement and time stamp\n"
    ).encode()
