# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be done to the sample's package, supported for tests of whatever judges packages."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from machimori.evidence.verifier.statement import Camera, Statement

FILES: Final = (
    "bagit.txt",
    "bag-info.txt",
    "manifest-sha256.txt",
    "tagmanifest-sha256.txt",
    "data/identity.json",
    "data/statement.json",
    "data/statement.html",
    "data/ledger/authorisation.json",
    "data/ledger/authorisation.entry.json",
    "data/ledger/authorisation.proof.json",
    "data/ledger/opening.entry.json",
    "data/ledger/opening.proof.json",
    "data/original/cam-0001/20261121T050000000000Z-20261121T050003000000Z.rtp",
    "data/original/cam-0001/20261121T050000000000Z-20261121T050003000000Z.skeleton",
    "data/original/cam-0001/20261121T050000000000Z-20261121T050003000000Z.description.json",
    "data/original/cam-0001/20261121T050003000000Z-20261121T050006000000Z.rtp",
    "data/original/cam-0001/20261121T050003000000Z-20261121T050006000000Z.skeleton",
    "data/original/cam-0001/20261121T050003000000Z-20261121T050006000000Z.description.json",
    "data/anchors/cam-0001-01.json",
    "data/records/cam-0001/20261121T050006000000Z-20261121T050011000000Z.gap.rec",
    "data/video/cam-0001-01.mp4",
)

"""Every file of the sample's H.264 package."""


def flip(data: bytes) -> bytes:
    """One bit, somewhere in the middle."""
    position = random.Random(len(data)).randrange(len(data))  # noqa: S311 - one bit or another
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def with_camera(change: Callable[[Camera], Camera]) -> Callable[[Statement], Statement]:
    """The statement with its only camera changed."""

    def apply(statement: Statement) -> Statement:
        return replace(statement, cameras=(change(statement.cameras[0]),))

    return apply


def drop_segment(camera: Camera) -> Camera:
    """The camera with its first segment only."""
    return replace(camera, segments=camera.segments[:1])


LIES: Final[Mapping[str, Callable[[Statement], Statement]]] = {
    "segments_order": with_camera(lambda c: replace(c, segments=c.segments[::-1])),
    "delivered": with_camera(lambda c: replace(c, delivered=c.delivered * 2)),
    "gaps": with_camera(lambda c: replace(c, gaps=())),
    "gap_cause": with_camera(
        lambda c: replace(c, gaps=tuple(replace(g, cause="stalled") for g in c.gaps))
    ),
    "videos": with_camera(lambda c: replace(c, videos=())),
    "facts": with_camera(lambda c: replace(c, lost=7)),
    "beyond_interval": lambda s: replace(s, end=s.end + 1),  # type: ignore[arg-type]
    "beyond_cameras": with_camera(lambda c: replace(c, camera="cam-0002")),
    "authorisation_facts": lambda s: replace(s, ground="something else"),
    "authorisation_other": lambda s: replace(s, authorisation="0" * 64),
    "approvals_other": lambda s: replace(
        s, approvals=(replace(s.approvals[0], keyid="nobody"), *s.approvals[1:])
    ),
    "ledger_key": lambda s: replace(s, keys=replace(s.keys, ledger="0" * 64)),
    "skeleton": lambda s: replace(s, keys=replace(s.keys, recorders={"rec-1": "0" * 64})),
}
"""What the city could state against its own recordings, by the finding that must come of it."""
