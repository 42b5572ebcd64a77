# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every parser of outside bytes meets malformed input and answers with its domain error only.

Each `fuzz_<name>.py` beside this file is a target: `one_input(data)` parses `data`, swallowing
the domain error and nothing else, and `seeds()` gives well-formed inputs to start from. The sample
here is seeded and mutates those; `make soak` runs the same targets under atheris, guided by
coverage.
"""

import importlib.util
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

TARGETS = sorted(Path(__file__).parent.glob("fuzz_*.py"))
SAMPLE = 50_000
FULL = 10_000_000


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mutate(seed: bytes, chance: random.Random) -> bytes:
    """`seed` with one to four damages: flips, cuts, repeats, swaps and absurd numbers."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data[at:at] = chance.randbytes(chance.randint(1, 16))
            case 3:
                del data[at : at + chance.randint(1, 16)]
            case 4:
                data[at : at + 4] = chance.choice(
                    (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0")
                )
            case _:
                data[at:at] = data[at : at + chance.randint(1, 64)]
    return bytes(data)


@pytest.mark.parametrize("path", TARGETS, ids=lambda path: path.stem)
def test_seeded_sample(path: Path) -> None:
    target = load(path)
    one_input: Callable[[bytes], None] = target.one_input
    seeds: list[bytes] = target.seeds()
    assert seeds
    chance = random.Random(path.stem)
    for seed in seeds:
        one_input(seed)
    for _ in range(SAMPLE // len(TARGETS)):
        data = mutate(chance.choice(seeds), chance)
        try:
            one_input(data)
        except Exception as error:
            error.add_note(f"input: {data.hex()}")
            raise


@pytest.mark.soak
@pytest.mark.parametrize("path", TARGETS, ids=lambda path: path.stem)
def test_guided_by_coverage(path: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for index, seed in enumerate(load(path).seeds()):
        (corpus / f"seed-{index}").write_bytes(seed)
    runs = int(os.environ.get("MACHIMORI_FUZZ_RUNS", FULL // len(TARGETS)))
    runner = Path(__file__).parent / "guided.py"
    command = [sys.executable, str(runner), str(path), str(corpus), f"-runs={runs}"]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-4000:]
    assert f"Done {runs} runs" in finished.stderr
