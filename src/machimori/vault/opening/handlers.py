# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the socket's messages to the vault's acts and back; `client.client` is the other half."""

from collections.abc import Callable

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.vault.client.protocol import Message
from machimori.vault.client.release import Destruction, ReleaseRequest
from machimori.vault.errors import VaultMalformedError
from machimori.vault.opening.vault import Vault

Handler = Callable[[Vault, Message], Message]


def _ok(value: Json = None, *blobs: bytes) -> Message:
    return Message(body={"ok": value}, blobs=blobs)


def _blobs(request: Message, least: int) -> tuple[bytes, ...]:
    """The request's byte strings. Raises VaultMalformedError if there are fewer than `least`."""
    if len(request.blobs) < least:
        raise VaultMalformedError("the request does not have its form", where="its parts")
    return request.blobs


def _texts(request: Message, name: str) -> tuple[str, ...]:
    """A list of texts. Raises MalformedError if the field is anything else."""
    values = canonical.field(request.body, name, list)
    if not all(isinstance(value, str) for value in values):
        raise VaultMalformedError("the request does not have its form", where=name)
    return tuple(values)


def _status(vault: Vault, request: Message) -> Message:
    del request
    return _ok(vault.status())


def _unlock(vault: Vault, request: Message) -> Message:
    vault.unlock(_blobs(request, 1)[0])
    return _ok()


def _submit(vault: Vault, request: Message) -> Message:
    return _ok(None, vault.submit(Envelope.decode(_blobs(request, 1)[0])))


def _make_keys(vault: Vault, request: Message) -> Message:
    return _ok(vault.make_keys(canonical.field(request.body, "days", int)))


def _bundle(vault: Vault, request: Message) -> Message:
    name = canonical.field(request.body, "class", str)
    return _ok(None, vault.bundle(name, canonical.field(request.body, "day", str)))


def _challenge(vault: Vault, request: Message) -> Message:
    del request
    return _ok(None, vault.challenge())


def _release(vault: Vault, request: Message) -> Message:
    authorisation, *rest = _blobs(request, 6)
    release = vault.release(
        ReleaseRequest(
            authorisation=Envelope.decode(authorisation),
            authorisation_entry=rest[0],
            authorisation_inclusion=rest[1],
            opening_entry=rest[2],
            opening_inclusion=rest[3],
            consistency=rest[4],
            skeletons=tuple(rest[5:]),
        )
    )
    blobs = [part for pair in release.sealed.items() for part in pair]
    return _ok(None, release.release_id, *blobs)


def _hold(vault: Vault, request: Message) -> Message:
    envelope, *headers = _blobs(request, 1)
    keys = vault.hold(
        Envelope.decode(envelope),
        tuple(headers),
        unreachable=_texts(request, "unreachable"),
        until=canonical.field(request.body, "until", str),
        complete=_texts(request, "complete"),
    )
    blobs = [part for pair in keys.sealed.items() for part in pair]
    return _ok({"case": keys.case, "segments": keys.segments}, keys.public, *blobs)


def _expire(vault: Vault, request: Message) -> Message:
    del request
    done = vault.expire()
    return _ok([_destruction(d) for d in done], *(d.attestation.encode() for d in done))


def _destruction(done: Destruction) -> Json:
    return {
        "at": done.at,
        "kept": list(done.kept),
        "name": done.name,
        "places": dict(done.places),
        "punctured": list(done.punctured),
    }


def _journal(vault: Vault, request: Message) -> Message:
    return _ok(None, *vault.journal(canonical.field(request.body, "since", int)))


def _epochs(vault: Vault, request: Message) -> Message:
    del request
    return _ok(dict(vault.epochs()))


def _living(vault: Vault, request: Message) -> Message:
    return _ok(vault.living(canonical.field(request.body, "epoch", str)))


def _attest(vault: Vault, request: Message) -> Message:
    release_id, payload, *_ = _blobs(request, 2)
    payload_type = canonical.field(request.body, "type", str)
    return _ok(None, vault.attest(release_id, payload_type, payload).encode())


def _standing(vault: Vault, request: Message) -> Message:
    del request
    return _ok(vault.standing().to_json())


def _watch(vault: Vault, request: Message) -> Message:
    scheme = canonical.field(request.body, "scheme", str)
    shift = canonical.field(request.body, "shift", str)
    return _ok(None, vault.watch(scheme, shift).encode())


def _identity(vault: Vault, request: Message) -> Message:
    del request
    return _ok(None, vault.identity().encode())


HANDLERS: dict[str, Handler] = {
    "attest": _attest,
    "bundle": _bundle,
    "challenge": _challenge,
    "epochs": _epochs,
    "expire": _expire,
    "hold": _hold,
    "identity": _identity,
    "journal": _journal,
    "living": _living,
    "make_keys": _make_keys,
    "release": _release,
    "standing": _standing,
    "status": _status,
    "submit": _submit,
    "unlock": _unlock,
    "watch": _watch,
}
