# SPDX-License-Identifier: AGPL-3.0-or-later
"""Footage records and manifests, and the names of stored objects."""

from machimori.footage import anchors, manifest, naming, records
from machimori.footage.closing import close_day
from machimori.footage.testing import MemoryStore, SampleRecorder
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError


def one_input(data: bytes) -> None:
    try:
        record, envelope = records.decode(data)
        assert Envelope.of(records.RECORD_TYPE, record.statement()).payload == envelope.payload
    except MalformedError:
        pass
    try:
        listed, envelope = manifest.decode(data)
        assert Envelope.of(manifest.MANIFEST_TYPE, listed.statement()).payload == envelope.payload
    except MalformedError:
        pass
    try:
        heads, envelope = anchors.decode(data)
        assert Envelope.of(anchors.HEADS_TYPE, heads.statement()).payload == envelope.payload
    except MalformedError:
        pass
    # The payload alone, so that mutations need not get through base64.
    for decode in (
        records.Record.of_statement,
        manifest.Manifest.of_statement,
        anchors.Heads.of_statement,
    ):
        try:
            statement = Envelope(payload_type="", payload=data).statement()
            decode(statement)
        except MalformedError:
            pass
    try:
        text = data.decode()
        assert str(naming.parse(text)) == text
    except (MalformedError, UnicodeDecodeError):
        pass


def seeds() -> list[bytes]:
    recorder = SampleRecorder()
    store = MemoryStore()
    store.put(*recorder.segment())
    name, record = recorder.record()
    store.put(name, record)
    closed = close_day(
        store,
        camera=recorder.camera,
        day=recorder.day,
        recorder=recorder.recorder,
        signer=recorder.signer,
        now=recorder.now,
    )
    head = anchors.Head(
        camera=recorder.camera,
        session=recorder.session,
        sequence=recorder.sequence,
        head=(recorder.head or b"").hex(),
    )
    listed = anchors.Heads(
        recorder=recorder.recorder, entry="e" * 32, at=recorder.now, heads=(head,)
    ).sign("k", recorder.signer)
    return [
        record,
        listed.encode(),
        listed.payload,
        store.get(str(closed.name)),
        Envelope.decode(record).payload,
        Envelope.decode(store.get(str(closed.name))).payload,
        name.encode(),
        *[item.name.encode() for item in store.list()],
    ]
