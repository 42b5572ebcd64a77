# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recorder's memory: bounded by what chunks fill."""

from machimori.recorder.blocks import BLOCK, KEPT, LEAST, Blocks


def test_what_waits_counts_as_far_as_it_is_filled() -> None:
    blocks = Blocks(BLOCK + 9 * LEAST)
    taken = []
    while (block := blocks.take()) is not None:
        blocks.filled(100)
        taken.append(block)
    assert len(taken) == 10
    assert blocks.held == 10 * LEAST
    blocks.give(taken.pop(), 100)
    assert blocks.take() is not None


def test_a_block_that_is_being_filled_counts_in_full() -> None:
    blocks = Blocks(2 * BLOCK)
    assert blocks.take() is not None
    assert blocks.take() is not None
    assert blocks.exhausted
    assert blocks.take() is None
    blocks.filled(BLOCK)
    assert blocks.held == 2 * BLOCK


def test_what_came_back_is_taken_first_and_the_rest_is_unmapped() -> None:
    blocks = Blocks(BLOCK + (KEPT + 4) * LEAST)
    taken = []
    for _ in range(KEPT + 4):
        block = blocks.take()
        assert block is not None
        blocks.filled(1)
        taken.append(block)
    for block in taken:
        blocks.give(block, 1)
    assert blocks.held == 0
    assert [block.closed for block in taken] == [False] * KEPT + [True] * 4
    assert blocks.take() is taken[KEPT - 1]
