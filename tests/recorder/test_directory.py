# SPDX-License-Identifier: AGPL-3.0-or-later
"""A recorder's directory has one recorder and one key, which nobody else can read."""

from pathlib import Path

import pytest

from machimori.kernel.durable import Disk
from machimori.kernel.errors import UsageError
from machimori.recorder.directory import load_key
from machimori.recorder.node import Node
from machimori.recorder.testing_place import Place


def test_two_recorders_do_not_share_a_directory(place: Place) -> None:
    config = place.write({})
    node = Node(config)
    with pytest.raises(UsageError, match="another recorder"):
        Node(config)
    node.start()
    node.stop()


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "recorder.key"
    key = load_key(path, Disk())
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path, Disk()).public == key.public


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recorder.key"
    load_key(path, Disk())
    path.chmod(0o640)
    with pytest.raises(UsageError, match="can be read by others") as caught:
        load_key(path, Disk())
    assert caught.value.where == str(path)
