# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from machimori.footage.errors import NoSuchObjectError
from machimori.footage.held import CaseFootage
from machimori.footage.testing import MemoryStore
from machimori.kernel.errors import UsageError
from machimori.kernel.ids import CaseId


def test_a_cases_footage_is_found_in_either_place_once() -> None:
    store, cases = MemoryStore(), MemoryStore()
    for name in ("d/a/1", "d/a/3", "d/b/1"):
        store.put(name, name.encode())
    for name in ("d/a/1", "d/a/2"):
        cases.put(f"cases/c-1/{name}", name.encode())
    cases.put("cases/c-2/d/a/4", b"another case's")
    view = CaseFootage(store, cases, CaseId("c-1"))
    assert [stored.name for stored in view.list("d/a/")] == ["d/a/1", "d/a/2", "d/a/3"]
    assert [view.get(f"d/a/{n}") for n in (1, 2, 3)] == [b"d/a/1", b"d/a/2", b"d/a/3"]
    assert view.read("d/a/2", 2, 2) == b"a/"
    with pytest.raises(NoSuchObjectError):
        view.get("d/a/4")
    assert view.probe().ranges


def test_a_cases_footage_is_read_only() -> None:
    view = CaseFootage(MemoryStore(), MemoryStore(), CaseId("c-1"))
    with pytest.raises(UsageError):
        view.put("d/a/1", b"x")
    with pytest.raises(UsageError):
        view.delete("d/a/1")
