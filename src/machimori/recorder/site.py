# SPDX-License-Identifier: AGPL-3.0-or-later
"""What all cameras of one recorder share: whose they are, what seals, where it goes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from machimori.footage.sealer import Buffer, Sealer
from machimori.kernel.ids import RecorderId, SchemeId
from machimori.kernel.signing import SigningKey
from machimori.kernel.slices import sliced_digest
from machimori.recorder.blocks import Blocks
from machimori.recorder.ports import Keys
from machimori.recorder.writers import Writers

SECOND = 1_000_000
SEGMENT = 60 * SECOND
"""Age from which a segment ends at the next key frame."""
SEGMENT_HARD = 120 * SECOND


@dataclass(frozen=True, kw_only=True)
class Site:
    """Made once, when the recorder starts."""

    scheme: SchemeId
    recorder: RecorderId
    session: str
    signer: SigningKey
    keys: Keys
    writers: Writers
    blocks: Blocks
    parts: Path
    """`<spool>/open`."""
    tz: ZoneInfo
    segment: int = SEGMENT
    """µs; tests shorten it."""
    segment_hard: int = SEGMENT_HARD
    period: float = 1.0
    """Seconds between two drains of one camera, ordinarily."""
    sealer: type[Sealer] = Sealer
    """What seals; the benchmark measures against one that does less."""
    digest: Callable[[Buffer], bytes] = sliced_digest
    """Computes the sliced digest, in the drain thread only."""
    ceiling: int = 4_000_000
    """Bytes per second that a camera may send on average; TCP slows down one that sends more."""
    clock_bound: Callable[[], int | None] = lambda: None
    """µs by which the recorder's time is wrong at most; None: unknown."""
