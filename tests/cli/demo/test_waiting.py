# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page at the demo's address while it is made."""

import urllib.error
import urllib.request

import pytest

from machimori.cli.demo.five import waiting
from machimori.cli.running.testing import free_port


def answer(port: int) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"http://localhost:{port}/sign-in/", timeout=5)
    return caught.value.code, caught.value.read().decode()


def test_it_tells_how_far_the_making_is_and_leaves_the_port() -> None:
    port = free_port()
    with waiting.page(port) as tell:
        status, page = answer(port)
        assert status == 503
        assert "街守のデモを用意しています" in page
        tell("事務所の<表>を作っています", "Making the office's tables")
        assert "事務所の&lt;表&gt;を作っています" in answer(port)[1]
        with waiting.page(port) as elsewhere:
            elsewhere("二つ目", "a second one")
            assert "二つ目" not in answer(port)[1]
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://localhost:{port}/", timeout=5)
