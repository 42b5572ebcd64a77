# SPDX-License-Identifier: AGPL-3.0-or-later
"""An S3-compatible object store through obstore; Ceph RGW is the one that is tested.

Not every store that speaks S3 keeps its promises: some ignore `If-None-Match: *`, a versioned
bucket keeps what was deleted. `probe` tries it out at set-up, and where the store does not refuse
an existing name itself, `put` looks before it creates. One request carries an object whole (a
segment is at most some tens of MB), so an upload that is cut off leaves nothing behind.
"""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import obstore
from obstore import exceptions
from obstore.store import S3Store as Client

from machimori.footage.errors import (
    NoSuchObjectError,
    ObjectDiffersError,
    StoreUnavailableError,
)
from machimori.footage.store import PROBE, Abilities, StoredObject, check_object_name, digest_of
from machimori.kernel.errors import UsageError

_RIVALS = 8


@dataclass(frozen=True, kw_only=True)
class S3Config:
    """Where the bucket is, and the credentials, which `repr` hides."""

    endpoint: str
    bucket: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    region: str = "default"
    timeout: float = 30.0
    """Seconds for one request, the body included."""

    def __post_init__(self) -> None:
        if not self.endpoint.startswith(("http://", "https://")):
            raise UsageError("an S3 endpoint begins with https:// or http://")


class S3Store:
    """A bucket. Every method raises StoreUnavailableError if the store does not answer rightly."""

    def __init__(self, config: S3Config, abilities: Abilities | None = None) -> None:
        """`abilities` is what `probe` found at set-up; None: trust the store with nothing."""
        self._bucket = config.bucket
        self._exclusive = abilities is not None and abilities.create_if_absent
        self._client = Client(
            config.bucket,
            endpoint=config.endpoint,
            access_key_id=config.access_key,
            secret_access_key=config.secret_key,
            region=config.region,
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": config.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=config.timeout),
            },
            # The spool tries again, and for hours; here a short stumble is all that is hidden.
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
        )

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Objects by name."""
        directory = prefix.rpartition("/")[0]
        with self._answers(prefix):
            for page in obstore.list(self._client, directory or None, chunk_size=1000):
                for entry in page:
                    if entry["path"].startswith(prefix):
                        yield StoredObject(name=entry["path"], size=entry["size"])

    def folders(self, prefix: str = "") -> Iterator[str]:
        """The common prefixes that a listing with a delimiter gives."""
        with self._answers(prefix):
            found = obstore.list_with_delimiter(self._client, prefix or None)["common_prefixes"]
        yield from sorted(name.strip("/").rpartition("/")[2] for name in found)

    def get(self, name: str) -> bytes:
        """The whole object."""
        with self._answers(check_object_name(name)):
            return bytes(obstore.get(self._client, name).bytes())

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of an object; one ranged request."""
        if length == 0:
            return b""
        with self._answers(check_object_name(name)):
            try:
                return bytes(obstore.get_range(self._client, name, start=offset, length=length))
            except exceptions.GenericError:
                # A range that begins at or behind the end is an error to S3, not to us.
                size: int = obstore.head(self._client, name)["size"]
                if offset < size:
                    raise
                return b""

    def put(self, name: str, source: Path | bytes) -> None:
        """Create an object: 1. (stores that would replace) look whether it is there; 2. one PUT
        with `If-None-Match: *`, answered when the store has made it durable. An existing object is
        compared by SHA-256 of its whole content."""
        check_object_name(name)
        with self._answers(name):
            if not self._exclusive and self._exists(name):
                self._same(name, source)
                return
            try:
                obstore.put(self._client, name, source, mode="create", use_multipart=False)
            except exceptions.AlreadyExistsError:
                self._same(name, source)

    def delete(self, name: str) -> None:
        """Remove an object; S3 answers alike whether it was there or not."""
        with self._answers(check_object_name(name)):
            try:
                obstore.delete(self._client, name)
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise

    def probe(self) -> Abilities:
        """Put an object twice, by several threads at once, list, read in part and delete it."""
        base = f"{PROBE}/{os.urandom(8).hex()}"
        single, raced = f"{base}/single", f"{base}/raced"
        try:
            with self._answers(base):
                result = obstore.put(self._client, single, b"first", mode="create")
                exclusive = not self._creates(single, b"second")
                read = exclusive and self.get(single) == b"first"
                bodies = [bytes([n]) * 4096 for n in range(_RIVALS)]
                with ThreadPoolExecutor(_RIVALS) as pool:
                    won = list(pool.map(lambda body: self._creates(raced, body), bodies))
                one = won.count(True) == 1 and self.get(raced) == bodies[won.index(True)]
                seen = [item.name for item in self.list(base)] == [raced, single]
                ranged = self.read(single, 1, 3) in (b"irs", b"eco")
        finally:
            for name in (single, raced):
                self.delete(name)
        return Abilities(
            create_if_absent=exclusive and read,
            concurrent_create=one,
            versioned=result["version"] is not None,
            read_after_write=seen,
            ranges=ranged,
        )

    def _creates(self, name: str, body: bytes) -> bool:
        try:
            obstore.put(self._client, name, body, mode="create")
        except exceptions.AlreadyExistsError:
            return False
        return True

    def _exists(self, name: str) -> bool:
        try:
            obstore.head(self._client, name)
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise
            return False
        return True

    def _same(self, name: str, source: Path | bytes) -> None:
        total = hashlib.sha256()
        for block in obstore.get(self._client, name).stream():
            total.update(block)
        if total.digest() != digest_of(source):
            raise ObjectDiffersError(
                "the store holds other bytes under this name",
                where=name,
                remedy="run `machimori footage check`; nothing was written over",
            )

    @contextmanager
    def _answers(self, name: str) -> Iterator[None]:
        """Turn what obstore raises into our errors; its texts may hold the endpoint, ours do not
        hold credentials either way."""
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise StoreUnavailableError("no such bucket", where=self._bucket) from error
            raise NoSuchObjectError("no such object in the store", where=name) from error
        except exceptions.PermissionDeniedError as error:
            raise StoreUnavailableError(
                "the store refuses our credentials", where=self._bucket
            ) from error
        except (exceptions.BaseError, OSError) as error:
            raise StoreUnavailableError(
                f"the store does not answer: {type(error).__name__}", where=name
            ) from error
