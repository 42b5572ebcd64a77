# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a segment's header to its data key: whether the header may, and whether the key still is."""

from collections.abc import Mapping

from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CaseId, SchemeId
from machimori.kernel.instants import local_day
from machimori.vault.client.reader import PrivateKey
from machimori.vault.client.release import case_info
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening import cases
from machimori.vault.opening.core import Core
from machimori.vault.opening.state import case_epoch, day_epoch
from machimori.vault.sealing.bundle import split_key_id
from machimori.vault.sealing.layout import Header, SealedHeader


def check_header(core: Core, header: Header, scheme: str, allowed: tuple[str, ...]) -> None:
    """Raise VaultRefusedError unless the header is of an allowed camera, its class and its key."""
    if header.camera not in allowed:
        raise VaultRefusedError("wrong_camera", "this camera is not named", where=header.camera)
    statement = core.state.class_of(header.camera, header.start)
    if header.scheme != scheme or statement is None or statement.scheme != scheme:
        raise VaultRefusedError("wrong_scheme", "camera of another scheme", where=header.camera)
    if header.retention_class != statement.retention_class:
        raise VaultRefusedError("wrong_class", "camera of another class", where=header.camera)
    camera, day, _ = split_key_id(header.key)
    if camera != header.camera or day != header.day:
        raise VaultRefusedError("wrong_key", "key of another camera or day", where=header.camera)
    if local_day(header.start).isoformat() != header.day:
        raise VaultRefusedError("wrong_key", "the day is not the start's", where=header.camera)


class Unsealer:
    """Opens data keys for one act on behalf of one case, each private key unwrapped once.

    It lives inside one hold of the vault's lock, so that nothing expires under it.
    """

    def __init__(self, core: Core, case: CaseId, scheme: SchemeId) -> None:
        self._core = core
        self._case = case
        self._days: dict[str, PrivateKey] = {}
        self._held: dict[str, Mapping[bytes, bytes]] = {}
        self._case_key: PrivateKey | None = None
        state = core.state.cases.get(case)
        self._held_days = state.days.keys() if state and state.scheme == scheme else set()

    def data_key(self, sealed: SealedHeader, segment: bytes) -> bytes:
        """The data key of a segment: the case's own if a hold re-sealed it, else its day's.

        Raises as `day_data_key` does.
        """
        held = self._held_on(cases.camera_day(sealed.header)).get(segment)
        if held is None:
            return self.day_data_key(sealed)
        if self._core.state.expires_at(case_epoch(self._case)) <= self._core.now():
            raise VaultRefusedError("expired", "the case's last day is over")
        if self._case_key is None:
            self._case_key = cases.private_key(self._core, self._case)
        return self._case_key.open(held, case_info(segment))

    def day_data_key(self, sealed: SealedHeader) -> bytes:
        """The data key of a segment, through its camera's day.

        Raises VaultRefusedError: `expired` or `destroyed` if it is too late, `moved_key` if the
        sealed key was not sealed under this header.
        """
        header = sealed.header
        if header.key not in self._days:
            self._days[header.key] = self._day_key(header)
        try:
            return self._days[header.key].open(sealed.sealed_key, header.seal_info())
        except MalformedError as error:
            raise VaultRefusedError(
                "moved_key", "the sealed key does not belong to this header", where=header.key
            ) from error

    def _held_on(self, place: str) -> Mapping[bytes, bytes]:
        if place not in self._held_days:
            return {}
        if place not in self._held:
            public = cases.public_key(self._core, self._case)
            self._held[place] = cases.read(self._core, self._case, place, public)
        return self._held[place]

    def _day_key(self, header: Header) -> PrivateKey:
        state = self._core.state
        name = day_epoch(header.retention_class, header.day)
        now = self._core.now()
        if state.expires_at(name) <= now and header.key not in state.kept_keys(now, self._case):
            raise VaultRefusedError("expired", "the retention period is over", where=header.key)
        return self._core.private_key(name, header.key)
