# SPDX-License-Identifier: AGPL-3.0-or-later
"""Taking in statements: each is judged by the vault itself and recorded before it counts."""

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import Micros
from machimori.vault.client.signers import Signers
from machimori.vault.client.statements import (
    Agreement,
    Appointment,
    Authorisation,
    AuthorisationEnd,
    CameraClass,
    Delegation,
    EarlyDestruction,
    Hold,
    HoldEnd,
    LiveView,
    Override,
    RecorderEnrolment,
    Revocation,
    Rules,
    Statement,
    TimeStatement,
    parse,
)
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening import expiring
from machimori.vault.opening.core import Core

_KINDS: dict[type[Statement], str] = {
    Appointment: "officer.appointed",
    Revocation: "officer.revoked",
    Delegation: "officer.delegated",
    Rules: "rules.adopted",
    CameraClass: "camera.classed",
    RecorderEnrolment: "recorder.enrolled",
    AuthorisationEnd: "authorisation.ended",
    Agreement: "agreement.adopted",
    LiveView: "live.allowed",
    HoldEnd: "hold.ended",
    EarlyDestruction: "destruction.ordered",
    Override: "expiry.overridden",
    TimeStatement: "time.stated",
}
_BACKDATED = 24 * 60 * 60 * 1_000_000
"""µs by which a later statement about the same thing may reach back."""


def submit(core: Core, envelope: Envelope) -> None:
    """Judge, record, obey. Raises VaultRefusedError with its reason, or MalformedError."""
    statement = parse(envelope)
    # Officers' word on the time counts even where the log's own time contradicts it: that is how
    # a vault comes back whose clock once stood far ahead.
    now = core.clock.now() if isinstance(statement, TimeStatement) else core.now()
    if isinstance(statement, Authorisation | Hold):
        raise VaultRefusedError("not_submitted", "this statement is used, not submitted")
    if envelope.digest().hex() in core.state.seen:
        raise VaultRefusedError("replayed", "this statement was taken in before")
    core.state.demand(envelope, statement, now)
    _check(core, statement, now)
    body: dict[str, Json] = {"envelope": canonical.b64(envelope.encode())}
    if isinstance(statement, TimeStatement):
        body |= {"boot": core.clock_status.boot(), "monotonic": core.monotonic()}
    core.record(
        _KINDS[type(statement)],
        at=now,
        subject=_subject(statement),
        facts={"statement": envelope.digest().hex()},
        body=body,
    )
    core.carry_out()


def _check(core: Core, statement: Statement, now: Micros) -> None:
    if isinstance(statement, Appointment):
        core.state.officers.check(statement)
        if not max(now, statement.valid_from) < statement.valid_until:
            raise VaultRefusedError("not_valid_now", "the appointment would never be in force")
        _check_enough_are_left(core, statement, max(now, statement.valid_from))
    elif isinstance(statement, Delegation):
        if statement.deputy == statement.officer:
            raise VaultRefusedError("own_deputy", "nobody is their own deputy")
        ends = core.state.officers.delegated(statement, now)
        if not ends and not max(now, statement.valid_from) < statement.valid_until:
            raise VaultRefusedError("not_valid_now", "the delegation would never be in force")
    elif isinstance(statement, Revocation):
        left = core.state.officers.holders(core.charter.posts, now, but=statement.officer)
        if left < core.charter.quorum:
            raise VaultRefusedError("last_officers", "too few officers would be left to sign")
    elif isinstance(statement, Rules):
        _check_rules(core, statement, now)
    elif isinstance(statement, CameraClass):
        if core.state.class_scheme.get(statement.retention_class) != statement.scheme:
            raise VaultRefusedError("no_rules", "the scheme's rules do not have this class")
        last = core.state.cameras[statement.camera][-1:]
        _check_order(statement.effective_from, [c.effective_from for c in last], now)
    elif isinstance(statement, Agreement | LiveView):
        _check_cameras(core, statement, now)
    elif isinstance(statement, RecorderEnrolment):
        enrolled = core.state.recorders[statement.recorder][-1:]
        _check_order(statement.effective_from, [e.effective_from for e in enrolled], now)
    elif isinstance(statement, TimeStatement):
        if abs(statement.now - now) > expiring.STATED_WITHIN:
            raise VaultRefusedError("time_differs", "the stated time is not the clock's")
    elif isinstance(statement, HoldEnd):
        case = core.state.cases.get(statement.case)
        if case is None or case.scheme != statement.scheme:
            raise VaultRefusedError("no_hold", "this scheme holds nothing for this case")
    elif isinstance(statement, EarlyDestruction):
        camera_class = core.state.cameras[statement.camera][-1:]
        if not camera_class or camera_class[0].scheme != statement.scheme:
            raise VaultRefusedError("wrong_scheme", "the camera is not of this scheme")
        expiring.check_order(core, statement)


def _check_enough_are_left(core: Core, appointment: Appointment, begins: Micros) -> None:
    """An appointment may take posts away, as a revocation does, but not the quorum."""
    officers, posts = core.state.officers, core.charter.posts
    if officers.loses(appointment, posts, begins):
        left = officers.holders(posts, begins, but=appointment.officer)
        if left < core.charter.quorum:
            raise VaultRefusedError("last_officers", "too few officers would be left to sign")


def _check_rules(core: Core, rules: Rules, now: Micros) -> None:
    for name in rules.retention:
        if core.state.class_scheme.get(name, rules.scheme) != rules.scheme:
            raise VaultRefusedError("class_in_use", "a class belongs to another scheme")
    old = core.state.rules[rules.scheme][-1:]
    if old and old[0].version >= rules.version:
        raise VaultRefusedError("old_version", "these rules are not newer than those in force")
    if old and set(old[0].retention) - set(rules.retention):
        raise VaultRefusedError("class_dropped", "the new rules drop a class that has footage")
    _check_order(rules.effective_from, [r.effective_from for r in old], now)
    common = max(rules.release_signers, rules.destruction_signers)
    for signers in (
        Signers(number=common, posts=rules.signer_posts),
        *rules.release_posts.values(),
        *rules.hold_posts.values(),
    ):
        if core.state.officers.holders(signers.posts, now) < signers.number:
            raise VaultRefusedError(
                "too_few_officers", "fewer officers hold the posts than must sign"
            )


def _check_cameras(core: Core, statement: Agreement | LiveView, now: Micros) -> None:
    if not statement.valid_from < statement.valid_until:
        raise VaultRefusedError("not_valid_now", "it would never be in force")
    for camera in statement.cameras:
        found = core.state.class_of(camera, now)
        if found is None or found.scheme != statement.scheme:
            raise VaultRefusedError("wrong_scheme", "the camera is not of this scheme")


def _check_order(effective: Micros, before: list[Micros], now: Micros) -> None:
    if before and (effective < before[0] or effective < now - _BACKDATED):
        raise VaultRefusedError("backdated", "it would change what was already decided")


def _subject(statement: Statement) -> dict[str, str]:
    names = ("case", "camera", "deputy", "officer", "recorder", "scheme")
    found = {name: getattr(statement, name, "") for name in names}
    return {name: str(value) for name, value in found.items() if value}
