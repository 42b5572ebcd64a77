# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `machimori init` makes, in order. Each step is done, or not begun, or made anew from its
beginning: a crash at any point is mended by running all of them again. None overwrites."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from machimori.cli.installing import certificate, keeping
from machimori.cli.installing.answers import Answers
from machimori.cli.installing.making import Making
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MachimoriError
from machimori.kernel.ids import RecorderId
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.ledger.postgres.home import create
from machimori.ledger.postgres.server import end_with_parent
from machimori.policy.document import ProfileId
from machimori.policy.profile import bundled
from machimori.recorder.directory import load_key
from machimori.recorder.feed import load_keys
from machimori.vault.client.statements import RecorderEnrolment
from machimori.vault.opening.charter import Charter

RUN = "machimori.toml"
SHEET = "founder.pdf"
EXPIRY_KEY = "retention.key"
EXPIRY_NAME = "retention"

_RUN_FILE = """\
# What `machimori run` runs; docs/design/running.md describes every key.
[run]
office = "office"
vault = "vault"
expiry = "expiry"

[[recorder]]
config = "recorders/{recorder}/recorder.toml"
"""
_RECORDER_FILE = """\
# docs/ref/recorder.md describes every key. Cameras are added on the page カメラ of the office.
[recorder]
id = "{recorder}"
scheme = "{scheme}"
directory = "."
store = "../../store"
vault_key = "{city}"
listen = "127.0.0.1:9464"
cameras = "cameras.json"
"""
_LIVE: Final = """\
# 監視: where the pages of a watch ask for the present picture. Without a statement that the vault's
# officers signed nobody gets one.
live = "live.sock"
"""
_NO_LIVE: Final = """\
# The profile names nobody who watches live, so there is no socket for it. If the city decides that
# named posts watch: live = "live.sock"
"""


Step = Callable[[Making], bool]
"""Makes what is missing; whether anything was. Raises MachimoriError."""


def run(making: Making, tell: Callable[[str], None]) -> None:
    """Every step. Raises what the step that cannot be done raises."""
    for name, step in _steps():
        tell(f"{'made' if step(making) else 'kept'}: {name}")


def _steps() -> Iterator[tuple[str, Step]]:
    yield "tls key", _tls_key
    yield "certificate request", _request
    yield "directories", _directories
    yield "ledger", _ledger
    yield "officers", _officers
    yield "vault", keeping.make_vault
    yield "recorder", _recorder
    yield "expiry", _expiry
    yield "statements to sign", _statements
    yield "office", _office
    yield "run file", _run_file
    yield "founder's registration code", _code


def _tls_key(making: Making) -> bool:
    return _unless(
        making.directory / certificate.DIRECTORY / certificate.KEY,
        lambda: certificate.make_key(making.directory, making.disk),
    )


def _request(making: Making) -> bool:
    return _unless(
        making.directory / certificate.DIRECTORY / certificate.REQUEST,
        lambda: certificate.make_request(
            making.directory,
            host=making.answers.host,
            city=making.answers.city,
            disk=making.disk,
        ),
    )


def _directories(making: Making) -> bool:
    """What expiry, the recorder and the pages look for: made here, because later a directory that
    is missing is one that is not mounted."""
    missing = [
        path
        for name in ("store", "cases", "expiry", "run")
        if not (path := making.directory / name).is_dir()
    ]
    for path in missing:
        making.disk.make_directory(path, mode=0o700 if path.name == "run" else 0o750)
    return bool(missing)


def _ledger(making: Making) -> bool:
    where = making.directory / "ledger"
    return _unless(
        where / "ledger.json",
        lambda: create(where, making.disk, name=f"ledger.{making.answers.host}"),
    )


def _officers(making: Making) -> bool:
    """Keep the officers' appointments beside the vault; with the vault they are pinned."""
    place = making.directory / "officers"
    made = False
    for path in making.officers:
        kept = place / path.name
        if not kept.exists():
            making.disk.make_directory(place)
            making.disk.create(kept, keeping.read_appointment(path).envelope().encode())
            made = True
    return made


def _recorder(making: Making) -> bool:
    making.disk.make_directory(making.recorder / "keys")
    load_key(making.recorder / "recorder.key", making.disk)
    # The register seals cameras' passwords to it before the recorder first runs.
    load_keys(making.recorder, making.disk)
    charter = making.directory / "vault" / "charter.json"
    city = Charter.decode(Envelope.decode(charter.read_bytes())).city.hex()
    return _write(making, making.recorder / "recorder.toml", recorder_file(making.answers, city))


def recorder_file(answers: Answers, city: str) -> str:
    """The recorder's configuration; `city` is the vault's key in hexadecimal. It offers present
    pictures only under a profile by which named posts watch (堺 7)."""
    text = _RECORDER_FILE.format(recorder=answers.recorder, scheme=answers.scheme, city=city)
    watched = bundled(ProfileId(answers.profile)).text("live.mode") == "named_posts"
    return text + (_LIVE if watched else _NO_LIVE)


def _expiry(making: Making) -> bool:
    path = making.directory / "expiry" / EXPIRY_KEY
    return _unless(path, lambda: load_key(path, making.disk))


def _statements(making: Making) -> bool:
    """Enrolments of the two keys that sign about footage, for the officers to sign."""
    place = making.directory / "to-sign"
    making.disk.make_directory(place)
    keys = {
        making.answers.recorder: making.recorder / "recorder.key",
        EXPIRY_NAME: making.directory / "expiry" / EXPIRY_KEY,
    }
    made = False
    for name, path in keys.items():
        statement = RecorderEnrolment(
            recorder=RecorderId(name),
            public=SigningKey(path.read_bytes()).public.raw,
            effective_from=Micros(0),
        )
        target = place / f"recorder-{name}.json"
        if not target.exists():
            making.disk.create(target, statement.envelope().encode())
            made = True
    return made


def _office(making: Making) -> bool:
    where, answers = making.directory, making.answers
    tls = where / certificate.DIRECTORY
    return _unless(
        where / "office" / "office.json",
        lambda: _machimori(
            *("office", "init", "--directory", str(where / "office")),
            *("--ledger", str(where / "ledger"), "--vault", str(where / "run" / "vault.sock")),
            *("--store", str(where / "store"), "--cases", str(where / "cases")),
            *("--recorders", str(where / "recorders"), "--expiry", str(where / "expiry")),
            *("--origin", answers.origin, "--address", answers.address),
            *("--port", str(answers.port), "--scheme", answers.scheme),
            *("--certificate", str(tls / certificate.CERTIFICATE)),
            *("--key", str(tls / certificate.KEY), "--profile", answers.profile),
            f"--scheme-name={answers.scheme_name}",
            *(f"--login={answers.login}", f"--name={answers.name}"),
        ),
    )


def _run_file(making: Making) -> bool:
    text = _RUN_FILE.format(recorder=making.answers.recorder)
    return _write(making, making.directory / RUN, text)


def _code(making: Making) -> bool:
    """A sheet for the first 管理責任者, as long as they have no key. What `office init` showed
    ends with it."""
    sheet = making.directory / SHEET
    if sheet.exists():
        return False
    _machimori(
        *("office", "code", "--directory", str(making.directory / "office")),
        *(f"--login={making.answers.login}", "--out", str(sheet)),
    )
    return sheet.exists()


def _unless(path: Path, make: Callable[[], object]) -> bool:
    if path.exists():
        return False
    make()
    return True


def _write(making: Making, path: Path, text: str) -> bool:
    return _unless(path, lambda: making.disk.create(path, text.encode()))


def _machimori(*words: str) -> None:
    """A command in a process of its own: the office's set-up is once per process."""
    done = subprocess.run(
        [sys.executable, "-m", "machimori.cli.main", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        # A second run must not meet what a killed first one left at work.
        preexec_fn=lambda: end_with_parent(signal.SIGKILL),
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise MachimoriError(
            last[0].removeprefix("machimori: "), where=f"machimori {' '.join(words[:2])}"
        )
