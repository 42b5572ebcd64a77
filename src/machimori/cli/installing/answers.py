# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `machimori init` is told, kept in `init.json` so that it can be run again.

No secret is among the answers. The file has mode 0600 because it names the first 管理責任者.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MalformedError, UsageError
from machimori.kernel.ids import check_name
from machimori.policy.profile import profiles

FILE: Final = "init.json"
FORMAT: Final = "machimori.init/1"
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_LONGEST: Final = 253

QUESTIONS: Final[Mapping[str, str]] = {
    "host": "Name of this server in the city's own DNS, e.g. machimori.city.example.lg.jp",
    "city": "The city's name, for the certificate request",
    "scheme": "Id of the first scheme, e.g. street",
    "scheme_name": "Its name, e.g. 街頭防犯カメラ",
    "profile": "Profile that it follows: " + ", ".join(profiles()),
    "login": "Staff number of its 管理責任者",
    "name": "Their name",
}
"""The members without a default, in the order in which they are asked."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What an installation is to be. Paths are absolute."""

    host: str
    """FIDO2 keys are bound to it for ever."""
    city: str
    scheme: str
    scheme_name: str
    profile: str
    login: str
    name: str
    port: int = 8443
    address: str = "0.0.0.0"  # noqa: S104 – browsers of the city's network are to reach it
    recorder: str = "rec-1"
    quorum: int = 2
    """Signatures that it takes to appoint an officer of the vault."""
    post: str = "system-manager"
    places: Mapping[str, str]
    """Where epoch objects are kept: name and directory, at best on different disks."""
    root_key_file: str | None = None
    """Where the root's key file is, or is to be made; None: a passphrase."""

    def __post_init__(self) -> None:
        check_host(self.host)
        for value, what in (
            (self.scheme, "scheme"),
            (self.recorder, "recorder"),
            *((name, "place") for name in self.places),
        ):
            try:
                check_name(value, what=what)
            except MalformedError as error:
                raise UsageError(error.message, where=what, remedy=error.remedy) from error
        if self.profile not in profiles():
            raise UsageError(
                "no such profile", where=self.profile[:63], remedy="one of " + ", ".join(profiles())
            )
        if not 1 <= self.port <= 65535:
            raise UsageError("is no port", where="--port")
        for name in ("city", "scheme_name", "login", "name"):
            if not getattr(self, name).strip():
                raise UsageError("is missing", where=_flag(name))

    @property
    def origin(self) -> str:
        """What browsers call the installation."""
        return f"https://{self.host}" + ("" if self.port == 443 else f":{self.port}")

    def save(self, directory: Path, disk: Disk) -> None:
        """Keep the answers. Raises FileExistsError if there are some."""
        source: dict[str, Json] = {"format": FORMAT, **asdict(self)}
        disk.create(directory / FILE, canonical.dumps(source), mode=0o600)

    @classmethod
    def read(cls, directory: Path) -> "Answers | None":
        """What was answered before; None if nothing was. Raises UsageError."""
        path = directory / FILE
        try:
            source = canonical.load_object(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, MalformedError) as error:
            raise UsageError("cannot be read", where=str(path)) from error
        known = {item.name for item in fields(cls)}
        if source.pop("format", None) != FORMAT or set(source) != known:
            raise UsageError("was written by another version", where=str(path))
        return cls(**source)


def check_host(host: str) -> None:
    """Raise UsageError, with the reason, unless FIDO2 keys can be bound to this name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        pass
    else:
        raise UsageError(
            "is an address: a browser binds a FIDO2 key to a name and refuses an address, and every"
            " key would have to be made anew when the address changes",
            where=f"--host {host}",
            remedy="give the server a name in the city's own DNS",
        )
    labels = host.split(".")
    if len(host) > _LONGEST or not all(_LABEL.match(label) for label in labels):
        raise UsageError(
            "is no host name in lower-case letters, digits and hyphens", where=f"--host {host[:80]}"
        )
    if len(labels) < 2 or labels[-1].isdigit():
        raise UsageError(
            "is no full name in a DNS",
            where=f"--host {host[:80]}",
            remedy="give it with its domain, e.g. machimori.city.example.lg.jp",
        )


def gather(
    directory: Path, given: Mapping[str, Json], ask: Callable[[str], str] | None
) -> tuple[Answers, bool]:
    """The answers for `directory`, and whether they are new.

    `given` are those of the command line. What was answered before holds; another answer to the
    same question is refused, because what exists was made by the first. What is missing is asked,
    if there is somebody to `ask`. Raises UsageError.
    """
    before = Answers.read(directory)
    if before is not None:
        for name, value in given.items():
            if getattr(before, name) != value:
                raise UsageError(
                    "was answered otherwise before, and this installation was made so",
                    where=_flag(name),
                    remedy="leave it out, or begin in another directory",
                )
        return before, False
    values = dict(given)
    for name, question in QUESTIONS.items():
        if name in values:
            continue
        if ask is None:
            raise UsageError("is missing", where=_flag(name), remedy=question)
        values[name] = ask(f"{question}: ").strip()
        if name == "host":
            check_host(str(values[name]))
    values.setdefault("places", {"home": str(directory / "places" / "home")})
    return Answers(**values), True


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
