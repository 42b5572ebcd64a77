# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verify a package from end to end. Everything that is wrong is named; nothing is extracted.

1. form: the zip or folder, and the bag; 2. the city's signature on the statement; 3. certificates,
authorisation and ledger; 4. the original bytes against the recorders' signatures, and the chains
against their anchors in the ledger; 5. the MP4 files against the original bytes; 6. every file's
SHA-256; 7. the time stamp.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from machimori.evidence.errors import PackageError
from machimori.evidence.verifier import bag, stamp
from machimori.evidence.verifier import statement as names
from machimori.evidence.verifier.ahead import ahead, quick_turns
from machimori.evidence.verifier.container import (
    BLOCK,
    Bytes,
    CutOffError,
    Source,
    ZipSource,
    open_package,
    whole,
)
from machimori.evidence.verifier.existence import check_anchors
from machimori.evidence.verifier.film import Piece, make_film
from machimori.evidence.verifier.hashing import Hasher
from machimori.evidence.verifier.originals import Originals
from machimori.evidence.verifier.pictures import Comparison
from machimori.evidence.verifier.scope import check_ledger, check_scope
from machimori.evidence.verifier.statement import Camera, FileDigest, Statement
from machimori.evidence.verifier.trust import Trust
from machimori.evidence.verifier.verdict import Judgement
from machimori.footage.rtp.access import TimedChunk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError

Progress = Callable[[int, int], None]
"""Called with the bytes judged so far and in all."""
_SMALL = 64 * 1024 * 1024
_EMPTY = hashlib.sha256().hexdigest()
REQUIRED = (
    bag.BAGIT_TXT,
    bag.INFO_TXT,
    names.REPORT,
    names.IDENTITY,
    names.AUTHORISATION,
    names.AUTHORISATION_ENTRY,
    names.AUTHORISATION_PROOF,
    names.OPENING_ENTRY,
    names.OPENING_PROOF,
)
"""Files that every statement lists, whatever was recorded."""


def verify(path: Path, *, city: str = "", progress: Progress | None = None) -> Judgement:
    """Judge the package at `path`, a zip or an unpacked folder.

    `city` is the fingerprint that the city publishes (hex, SHA-256 of its Ed25519 key); without it
    the origin stays unproven. Raises OSError if the path cannot be opened at all.
    """
    return _judged(lambda: open_package(path), city, progress)


def verify_bytes(package: Bytes, *, city: str = "", progress: Progress | None = None) -> Judgement:
    """The same for a zip that lies elsewhere than in a file."""
    return _judged(lambda: ZipSource(package), city, progress)


def _judged(opened: Callable[[], Source], city: str, progress: Progress | None) -> Judgement:
    judgement = Judgement(city_expected=city.replace(":", "").replace(" ", "").lower())
    try:
        source = opened()
    except CutOffError as error:
        judgement.add("missing", "cut_off", error.where, error.message)
        return judgement
    except PackageError as error:
        judgement.add("unreadable", "package_form", error.where, error.message)
        return judgement
    try:
        _Check(source, judgement, progress).run()
    except PackageError as error:
        judgement.add("unreadable", "package_form", error.where, error.message)
    finally:
        source.close()
    return judgement


class _Check:
    def __init__(self, source: Source, judgement: Judgement, progress: Progress | None) -> None:
        self._source = source
        self._judgement = judgement
        self._progress = progress
        self._total = sum(source.files.values())
        self._done = 0
        self._hasher = Hasher()
        judgement.files = len(source.files)
        judgement.size = self._total

    def run(self) -> None:
        manifests = self._bag()
        trusted = self._statement()
        with quick_turns(), self._hasher:
            if trusted is not None:
                trust, statement = trusted
                check_scope(self._source, statement, self._judgement)
                check_ledger(self._source, statement, trust, self._judgement)
                for camera in statement.cameras:
                    self._camera(trust, statement, camera)
            self._rest()
        self._manifests(manifests, trusted[1].files if trusted else {})
        if trusted is not None:
            self._listed(trusted[1])
            stamp.check_stamp(self._source, trusted[1], self._judgement)

    def _bag(self) -> dict[str, dict[str, str]]:
        """The bag's tag files; returns both manifests by name."""
        manifests: dict[str, dict[str, str]] = {}
        for name in (bag.MANIFEST, bag.TAG_MANIFEST):
            manifests[name] = {}
            if name not in self._source.files:
                self._judgement.add("missing", "file", name)
                continue
            try:
                data = whole(self._source, name, limit=bag.MAX_MANIFEST)
                manifests[name] = bag.read_manifest(data, name)
            except PackageError as error:
                self._judgement.add("altered", "manifest_form", error.where, error.message)
        if bag.BAGIT_TXT not in self._source.files:
            self._judgement.add("missing", "file", bag.BAGIT_TXT)
        elif whole(self._source, bag.BAGIT_TXT, limit=_SMALL) != bag.BAGIT:
            self._judgement.add("altered", "file", bag.BAGIT_TXT)
        return manifests

    def _statement(self) -> tuple[Trust, Statement] | None:
        """Who vouches, and for what; None if that cannot be told."""
        absent = [n for n in (names.IDENTITY, names.STATEMENT) if n not in self._source.files]
        for name in absent:
            self._judgement.add("missing", "file", name)
        if absent:
            return None
        try:
            trust = Trust.of(whole(self._source, names.IDENTITY, limit=_SMALL))
        except MalformedError as error:
            self._judgement.add("altered", "identity", names.IDENTITY, error.message)
            return None
        self._judgement.city = trust.city.fingerprint()
        try:
            envelope = Envelope.decode(whole(self._source, names.STATEMENT, limit=_SMALL))
            if not envelope.signed_with(trust.city):
                raise PackageError("the city's key did not sign it")
            statement = Statement.decode(envelope)
        except MalformedError as error:
            self._judgement.add("altered", "statement", names.STATEMENT, error.message)
            return None
        self._judgement.signatures += 1 + len(trust.certificates)
        self._judgement.statement = statement
        if statement.keys.city != self._judgement.city:
            self._judgement.add("altered", "statement", names.STATEMENT, "another city's key")
        for missing in sorted(set(statement.files) - set(self._source.files)):
            self._judgement.add("missing", "file", missing)
        return trust, statement

    def _camera(self, trust: Trust, statement: Statement, camera: Camera) -> None:
        originals = Originals(
            source=self._source,
            statement=statement,
            camera=camera,
            trust=trust,
            hasher=self._hasher,
            judgement=self._judgement,
        )
        check_anchors(self._source, statement, camera, trust, originals, self._judgement)
        if len(originals.parts) < len(camera.segments):
            for part in originals.parts:  # what is missing was named; judge the rest by itself
                for _ in self._counted(originals.chunks(part)):
                    pass
            return
        comparison = Comparison(self._source, self._hasher)
        pieces = (
            Piece(
                skeleton=part.skeleton,
                chunks=part.chunks,
                description=originals.description(part),
                data=self._counted(originals.chunks(part)),
            )
            for part in originals.parts
        )
        try:
            film = make_film(
                camera.camera, pieces, camera.delivered, comparison.create, comparison.close
            )
        except MalformedError as error:
            self._judgement.add("altered", "description", error.where, error.message)
            return
        self._hasher.settle()
        if not originals.sound:
            return  # films made of altered bytes differ; the bytes were named
        self._judgement.samples += film.pictures
        for path, position in comparison.differences:
            self._judgement.add("altered", "video", path, str(position))
        if film.videos != tuple(video for video in camera.videos if video.kind == "copy"):
            self._judgement.add("altered", "videos", names.STATEMENT, camera.camera)
        if (film.lead_in, film.lost, film.clock) != (camera.lead_in, camera.lost, camera.clock):
            self._judgement.add("altered", "facts", names.STATEMENT, camera.camera)

    def _counted(self, chunks: Iterable[TimedChunk]) -> Iterator[TimedChunk]:
        for chunk in ahead(iter(chunks)):
            self._tell(len(chunk.data))
            yield chunk

    def _rest(self) -> None:
        """Hand the hasher what nobody walked through to its end."""
        for name, size in self._source.files.items():
            offset = self._hasher.sizes.get(name, 0)
            while offset < size:
                block = self._source.read(name, offset, min(BLOCK, size - offset))
                if not offset:
                    self._tell(len(block))
                self._hasher.feed(name, block)
                offset += len(block)

    def _digest(self, name: str) -> str:
        return self._hasher.digests.get(name, _EMPTY)

    def _manifests(
        self, manifests: dict[str, dict[str, str]], signed: Mapping[str, FileDigest]
    ) -> None:
        """The bag says of every file what it is (RFC 8493, 3).

        Where a list and a file disagree, the file is named, unless the city signed for it as it
        is (`signed`): then it is the list that was changed.
        """
        sound = {name for name, file in signed.items() if file.sha256 == self._digest(name)}
        for manifest, tagged in ((bag.MANIFEST, False), (bag.TAG_MANIFEST, True)):
            if manifest not in self._source.files:
                continue
            listed = manifests[manifest]
            expected = {
                name
                for name in self._source.files
                if (name in bag.TAG_FILES if tagged else bag.is_payload(name))
            }
            for name in sorted(set(listed) - expected):
                known = name in signed or not signed or tagged
                self._judgement.add("missing" if known else "altered", "file", name)
                if not known:
                    self._judgement.add("altered", "file", manifest)
            for name in sorted(expected):
                if listed.get(name) == self._digest(name):
                    continue
                if name in sound:
                    self._judgement.add("altered", "file", manifest)
                else:
                    self._judgement.add("altered", "file" if name in listed else "added", name)
            if not tagged and manifest not in self._judgement.places():
                sound.add(manifest)
        for name in self._source.files:
            if not bag.is_payload(name) and name not in (*bag.TAG_FILES, bag.TAG_MANIFEST):
                self._judgement.add("altered", "added", name)

    def _listed(self, statement: Statement) -> None:
        """The city signed for every file but those that are made from the statement."""
        for name, listed in sorted(statement.files.items()):
            if name in self._source.files and listed.sha256 != self._digest(name):
                self._judgement.add("altered", "file", name)
        for name in self._source.files:
            unlisted = name in names.UNLISTED and (name != names.STAMP or statement.stamped)
            if name not in statement.files and not unlisted:
                self._judgement.add("altered", "added", name)
        parts = [
            (s.original, s.skeleton, s.description) for c in statement.cameras for s in c.segments
        ]
        named = [*(path for part in parts for path in part)]
        named += [path for c in statement.cameras for path in c.records]
        named += [video.path for c in statement.cameras for video in c.videos]
        named += [anchor.path for c in statement.cameras for anchor in c.anchors]
        named += REQUIRED
        if len(named) != len(set(named)) or not set(named) <= set(statement.files):
            self._judgement.add("altered", "statement", names.STATEMENT, "files not listed")

    def _tell(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(min(self._done, self._total), self._total)
