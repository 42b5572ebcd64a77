# SPDX-License-Identifier: AGPL-3.0-or-later
"""The S3 store against a real Ceph RGW: what is probed, and what happens when it is away."""

import threading
from pathlib import Path

import pytest

from machimori.footage.errors import ObjectDiffersError, StoreUnavailableError
from machimori.footage.s3 import S3Config, S3Store
from machimori.footage.spool import Spool
from machimori.footage.testing import SampleRecorder
from machimori.footage.testing_rgw import RadosGateway
from machimori.kernel.durable import Disk
from machimori.kernel.errors import UsageError


def config(gateway: RadosGateway, bucket: str = "footage", secret: str = "") -> S3Config:
    return S3Config(
        endpoint=gateway.endpoint,
        bucket=bucket,
        access_key=gateway.access_key,
        secret_key=secret or gateway.secret_key,
        timeout=10,
    )


def empty(store: S3Store) -> None:
    for item in list(store.list()):
        store.delete(item.name)


def test_probe_tells_an_unversioned_bucket_from_a_versioned_one(gateway: RadosGateway) -> None:
    plain = S3Store(config(gateway)).probe()
    assert plain.problems() == ()
    versioned = S3Store(config(gateway, "versioned")).probe()
    assert versioned.versioned
    assert not versioned.create_if_absent
    assert len(versioned.problems()) == 2
    assert list(S3Store(config(gateway)).list()) == []


def test_a_store_that_honours_creation_is_not_asked_first(gateway: RadosGateway) -> None:
    store = S3Store(config(gateway), S3Store(config(gateway)).probe())
    store.put("a/one", b"first")
    store.put("a/one", b"first")
    with pytest.raises(ObjectDiffersError):
        store.put("a/one", b"second")
    assert store.get("a/one") == b"first"
    empty(store)


def test_wrong_credentials_and_buckets_are_named_without_secrets(gateway: RadosGateway) -> None:
    for wrong in (config(gateway, secret="x" * 40), config(gateway, "nowhere")):
        store = S3Store(wrong)
        assert wrong.secret_key not in repr(wrong)
        with pytest.raises(StoreUnavailableError) as caught:
            store.put("a/one", b"x")
        assert wrong.secret_key not in str(caught.value)
        with pytest.raises(StoreUnavailableError):
            store.delete("a/one")
        with pytest.raises(StoreUnavailableError):
            list(store.list())


def test_an_endpoint_needs_a_scheme() -> None:
    with pytest.raises(UsageError):
        S3Config(endpoint="rgw.example", bucket="b", access_key="", secret_key="")


def test_S7_uploads_go_on_after_the_gateway_was_killed(
    gateway: RadosGateway, tmp_path: Path
) -> None:
    """A store that is cut off during an upload loses nothing: the spool goes on by itself."""
    store = S3Store(config(gateway))
    spool = Spool(store, tmp_path, Disk(), limit=10**9, policy="stop")
    recorder = SampleRecorder()
    expected: dict[str, bytes] = {}

    def record(count: int) -> None:
        for _ in range(count):
            name, data = recorder.segment([bytes(300_000), bytes(300_000)])
            expected[name] = data
            spool.put(name, data)

    record(10)
    spool.start()
    killer = threading.Timer(0.05, gateway.kill)
    killer.start()
    try:
        record(10)
        killer.join()
        record(10)
        with pytest.raises(StoreUnavailableError):
            list(spool.list())
        assert spool.state().objects > 0
    finally:
        gateway.start()
    assert spool.wait_empty(60)
    spool.close()
    assert spool.pending() == ()
    assert {item.name: store.get(item.name) for item in store.list()} == expected
    empty(store)
