# SPDX-License-Identifier: AGPL-3.0-or-later
"""How wrong the machine's clock can be, as the chronyd on this machine tells it.

Asked through `chronyc -n -c tracking` (docs/design/adr/0303-the-clock-bound-from-chronyc.md). The
bound is the formula of chronyc(1), "tracking", under "Root dispersion":

    clock_error <= |system_time_offset| + root_dispersion + (0.5 * root_delay)

which holds if the stratum-1 computer is right. Between two questions it grows at the rate by which
chronyd lets its dispersion grow: residual frequency, skew, and `maxclockerror` (1 ppm by default).
"""

import math
import re
import subprocess
from dataclasses import dataclass
from typing import Literal, get_args

from machimori.kernel.errors import MalformedError
from machimori.recorder.errors import ChronyMalformed, ChronySilent

PATIENCE = 3.0
"""Seconds for an answer; on the loopback it takes some milliseconds."""
MAX_ANSWER = 1_024
"""Bytes; an answer has about 150."""
MAX_CLOCK_ERROR = 1.0
"""ppm; chronyd's default for what frequency alone may add."""

Leap = Literal["Normal", "Insert second", "Delete second", "Not synchronised"]

_FIELDS = 14
_REFERENCE = re.compile(r"[0-9A-F]{8}\Z")
_STRATUM = re.compile(r"[0-9]{1,2}\Z")
_SIGNED = re.compile(r"[+-]?[0-9]{1,7}(\.[0-9]{1,9})?\Z")
_UNSIGNED = re.compile(r"[0-9]{1,7}(\.[0-9]{1,9})?\Z")
_NO_REFERENCE = "00000000"
_LOCAL_REFERENCE = "7F7F0101"
"""127.127.1.1: chronyd takes this machine's own clock for the truth (`local`)."""


@dataclass(frozen=True, kw_only=True)
class Tracking:
    """What chronyd says of the machine's clock. Times in seconds, frequencies in ppm."""

    reference: str
    """Eight hexadecimal digits."""
    stratum: int
    offset: float
    """What is still to be corrected; positive: the clock is behind."""
    residual: float
    skew: float
    delay: float
    dispersion: float
    leap: Leap

    @property
    def problem(self) -> str:
        """Why no bound may be claimed; empty if one may."""
        if self.leap != "Normal":
            return f"chronyd's leap status is {self.leap!r}"
        if self.reference == _NO_REFERENCE or not 1 <= self.stratum <= 15:
            return "chronyd has no reference"
        if self.reference == _LOCAL_REFERENCE:
            return "chronyd's reference is this machine's own clock"
        return ""

    def bound(self, age: float) -> int:
        """µs by which the clock is wrong at most, `age` seconds after the answer; rounded up."""
        rate = (abs(self.residual) + self.skew + MAX_CLOCK_ERROR) * 1e-6
        error = abs(self.offset) + self.dispersion + 0.5 * self.delay + age * rate
        return math.ceil(error * 1e6)


def parse(data: bytes) -> Tracking:
    """The answer of `chronyc -n -c tracking`. Raises ChronyMalformed."""
    if len(data) > MAX_ANSWER or not data.isascii():
        raise ChronyMalformed("the answer is too long or not ASCII", where="chronyc tracking")
    fields = data.decode("ascii").removesuffix("\n").split(",")
    if len(fields) != _FIELDS:
        raise ChronyMalformed(f"{_FIELDS} fields expected", where="chronyc tracking")
    reference, _, stratum, _, offset, _, _, _, residual, skew, delay, dispersion, _, leap = fields
    found = next((known for known in get_args(Leap) if known == leap), None)
    if found is None or not _REFERENCE.match(reference) or not _STRATUM.match(stratum):
        raise ChronyMalformed("reference, stratum or leap status is none", where="chronyc tracking")
    return Tracking(
        reference=reference,
        stratum=int(stratum),
        offset=_number(_SIGNED, offset),
        residual=_number(_SIGNED, residual),
        skew=_number(_UNSIGNED, skew),
        delay=_number(_UNSIGNED, delay),
        dispersion=_number(_UNSIGNED, dispersion),
        leap=found,
    )


def _number(form: re.Pattern[str], text: str) -> float:
    if not form.match(text):
        raise ChronyMalformed("a field is no decimal number", where="chronyc tracking")
    return float(text)


def check_address(text: str) -> str:
    """`text` if it says where a chronyd of this machine listens. Raises MalformedError.

    An absolute path of its command socket, or a port of the loopback such as `127.0.0.1:323`.
    """
    host, _, port = text.rpartition(":")
    local = host in ("127.0.0.1", "localhost") and port.isdecimal() and 0 < int(port) < 65_536
    if not local and not text.startswith("/"):
        raise MalformedError("is neither a socket's path nor a port of 127.0.0.1")
    return text


def ask(address: str = "") -> Tracking:
    """What chronyd says now. Blocks for PATIENCE at most.

    `address` as `check_address` knows it; empty: where chronyc looks by itself. Raises ChronySilent
    if there is no answer, ChronyMalformed if it is none.
    """
    where: tuple[str, ...] = ()
    if address.startswith("/"):
        where = ("-h", address)
    elif address:
        where = ("-h", "127.0.0.1", "-p", address.rpartition(":")[2])
    try:
        done = subprocess.run(
            ("chronyc", "-n", "-c", *where, "tracking"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChronySilent("no answer in time", where="chronyd") from None
    except OSError as error:
        raise ChronySilent(
            f"chronyc cannot be run: {error.strerror}",
            where="chronyd",
            remedy="install chrony, or live with a clock bound that is unknown",
        ) from error
    if done.returncode != 0:
        raise ChronySilent("it does not answer", where="chronyd", remedy="see whether it runs")
    return parse(done.stdout)
