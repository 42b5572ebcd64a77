# SPDX-License-Identifier: AGPL-3.0-or-later
"""Release: what an authorisation opens, and that it opens nothing else."""

import pytest

from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.testing import Rig
from machimori.vault.sealing.seal import chunk_key, description_key


def test_the_reader_gets_exactly_the_chunks_of_the_interval(rig: Rig) -> None:
    segment = rig.segment()
    opened = rig.reader.open(rig.release(rig.authorise(segment), segment))
    keys = opened[segment.id]
    assert keys.description == description_key(segment.data_key)
    assert keys.chunks == {i: chunk_key(segment.data_key, i) for i in range(6)}


def test_an_opening_serves_once(rig: Rig) -> None:
    segment = rig.segment()
    envelope = rig.authorise(segment)
    rig.release(envelope, segment)
    with pytest.raises(VaultRefusedError) as caught:
        rig.release(envelope, segment)
    assert caught.value.reason == "openings_used_up"
