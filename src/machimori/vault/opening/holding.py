# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds: re-seal data keys from headers alone, so that expiry goes on and the case is kept.

The files are copied later by whoever asked. A camera-day whose headers cannot be reached is named
instead, and its key survives its epoch's end by a puncture, until a stated day.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping

from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CameraId, CaseId
from machimori.kernel.instants import Micros, day_start, local_day, parse_day
from machimori.vault.client.release import CaseKeys, case_info
from machimori.vault.client.statements import Hold, Rules
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening import cases
from machimori.vault.opening.core import Core
from machimori.vault.opening.demanding import hold_signers
from machimori.vault.opening.state import case_epoch, day_epoch
from machimori.vault.opening.unsealing import Unsealer, check_header
from machimori.vault.sealing.bundle import split_key_id
from machimori.vault.sealing.layout import SealedHeader
from machimori.vault.sealing.seal import SealingKey

LONGEST_SEGMENT = 130 * 1_000_000
"""µs: a segment ends 120 s after its start at the latest, or 10 s past midnight."""


def hold(
    core: Core,
    envelope: Envelope,
    headers: tuple[bytes, ...],
    *,
    unreachable: tuple[str, ...] = (),
    until: str = "",
    complete: tuple[str, ...] = (),
) -> CaseKeys:
    """Place a hold, or bring it more headers.

    1. judge the statement and every header; 2. open and re-seal each data key; 3. the case's
    epoch object and key pair, then a file for each camera-day, each fsynced; 4. the record. The
    answer has what this call added, so that it does not grow with the case. `unreachable` are key
    ids whose headers are out of reach, kept through day `until`; `complete` are those of which
    every header was brought, which is the caller's word (`_ending`).
    Raises VaultRefusedError with its reason.
    """
    core.opened()
    now = core.now()
    statement = Hold.decode(envelope)
    _judge(core, envelope, statement, now)
    opened: dict[str, dict[bytes, bytes]] = defaultdict(dict)
    unsealer = Unsealer(core, statement.case, statement.scheme)
    for data in headers:
        sealed, _ = SealedHeader.decode_from(data)
        header = sealed.header
        check_header(core, header, statement.scheme, statement.cameras)
        if not statement.start - LONGEST_SEGMENT < header.start < statement.end:
            raise VaultRefusedError("outside_interval", "a header outside the hold's interval")
        opened[cases.camera_day(header)][sealed.segment_id()] = unsealer.day_data_key(sealed)
    kept = _kept(core, statement, unreachable, until)
    ending = _ending(core, envelope, statement, complete, now)
    living = core.state.epochs.get(case_epoch(statement.case))
    # A generation of a case that ended is never used again: a restored copy stays dead.
    generation = living.generation if living else len(core.records)
    public = (
        cases.public_key(core, statement.case)
        if living
        else cases.create(core, statement.case, generation)
    )
    added: dict[bytes, bytes] = {}
    days: dict[str, int] = {}
    for place, keys in opened.items():
        new, days[place] = _add(core, statement.case, place, public, keys)
        added |= new
    core.record(
        "hold.placed",
        at=now,
        subject={"case": statement.case, "scheme": statement.scheme},
        facts={
            "complete": len(ending),
            "kept": len(kept),
            "last_day": statement.last_day,
            "resealed": sum(map(len, opened.values())),
            "statement": envelope.digest().hex(),
        },
        body={
            "complete": ending,
            "days": days,
            "envelope": canonical.b64(envelope.encode()),
            "generation": generation,
            "kept": kept,
        },
    )
    return CaseKeys(
        case=statement.case,
        public=public,
        sealed=added,
        segments=core.state.cases[statement.case].segments,
    )


def _add(
    core: Core, case: CaseId, place: str, public: bytes, keys: Mapping[bytes, bytes]
) -> tuple[dict[bytes, bytes], int]:
    """Re-seal a camera-day's data keys that are not there yet; them, and how many there are now."""
    held = cases.read(core, case, place, public)
    to = SealingKey(public)
    new = {s: to.seal(key, case_info(s)) for s, key in keys.items() if s not in held}
    if new:
        cases.write(core, case, place, public, {**held, **new})
    return new, len(held) + len(new)


def _judge(core: Core, envelope: Envelope, statement: Hold, now: Micros) -> None:
    rules = core.state.rules_in_force(statement.scheme, now)
    core.state.demand(envelope, statement, now)
    if not 0 < statement.end - statement.start <= rules.max_interval:
        raise VaultRefusedError("interval", "interval is empty or longer than the rules allow")
    today = local_day(now)
    last = parse_day(statement.last_day)
    if (
        not today
        <= last
        <= min(
            today + dt.timedelta(days=rules.max_hold_days), _furthest(core, statement, rules, today)
        )
    ):
        raise VaultRefusedError("last_day", "the last day is past or beyond what the rules allow")
    known = core.state.cases.get(statement.case)
    if known is not None and known.scheme != statement.scheme:
        raise VaultRefusedError("wrong_scheme", "this case is of another scheme")
    if known is not None and known.ground != statement.ground:
        raise VaultRefusedError("other_ground", "this case is held for another ground")
    if known is None and envelope.digest().hex() in core.state.seen:
        raise VaultRefusedError("replayed", "this hold has ended; it needs a new statement")


def _furthest(core: Core, statement: Hold, rules: Rules, today: dt.date) -> dt.date:
    """The last day on which a hold for this ground may end."""
    days = hold_signers(rules, statement.ground).days
    if days is None:
        return dt.date.max
    last = local_day(Micros(statement.end - 1))
    ordinary = [
        rules.retention[name].last_day(last)
        for camera in statement.cameras
        for name in core.state.classes_on(camera, last)
        if name in rules.retention
    ]
    return max([today, *ordinary]) + dt.timedelta(days=days)


def _kept(core: Core, statement: Hold, unreachable: tuple[str, ...], until: str) -> dict[str, str]:
    kept = {}
    for key in unreachable:
        camera, day = _covered(statement, key)
        held_class = next(
            (
                c
                for c in core.state.classes_on(camera, parse_day(day))
                if key in _living(core, c, day)
            ),
            None,
        )
        if held_class is None:
            raise VaultRefusedError("destroyed", "this key does not exist any more", where=key)
        if not until or parse_day(until) > parse_day(statement.last_day):
            raise VaultRefusedError("last_day", "a kept key has a day within the hold's")
        kept[key] = until
    return kept


def _ending(
    core: Core, envelope: Envelope, statement: Hold, complete: tuple[str, ...], now: Micros
) -> dict[str, str]:
    """The last day, which is over, of each camera-day that this hold keeps and that is complete.

    No header and no trailer can prove that all were brought: the vault knows which segments it was
    shown, not which there are, and a chain may have begun anew with any restart of a recorder. The
    word counts at once all the same, because the camera's day holds more than the case may keep.
    """
    for key in complete:
        _covered(statement, key)
    if complete and now < statement.end + LONGEST_SEGMENT:
        raise VaultRefusedError("outside_interval", "the hold's time is not over; more may come")
    case = core.state.cases.get(statement.case)
    by_hold = case.kept if case else {}
    placed = envelope.digest().hex()
    last = (local_day(now) - dt.timedelta(days=1)).isoformat()
    return {
        key: min(by_hold[key][placed], last) for key in complete if placed in by_hold.get(key, {})
    }


def _covered(statement: Hold, key: str) -> tuple[CameraId, str]:
    """Camera and day of a key id. Raises VaultRefusedError if the hold does not reach into it."""
    camera, day, _ = split_key_id(key)
    start, end = day_start(parse_day(day)), day_start(parse_day(day) + dt.timedelta(days=1))
    if camera not in statement.cameras or statement.start >= end or statement.end <= start:
        raise VaultRefusedError("outside_interval", "a key that the hold does not cover")
    return camera, day


def _living(core: Core, retention_class: str, day: str) -> set[str]:
    epoch = core.state.epochs.get(day_epoch(retention_class, day))
    return set(epoch.leaves.values()) if epoch else set()
