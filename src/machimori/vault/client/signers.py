# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who signs: an officer's key, and how many officers of which posts a ground asks for."""

from dataclasses import dataclass

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.ids import check_name
from machimori.vault.errors import VaultMalformedError

MAX_SIGNERS = 64
MAX_HOLD_DAYS = 36_600


@dataclass(frozen=True, kw_only=True)
class OfficerKey:
    """A key with which an officer signs."""

    keyid: str
    kind: str
    """`ed25519` (public: 32 raw bytes) or `fido2` (public: DER SubjectPublicKeyInfo)."""
    public: bytes
    algorithm: int = -8
    """COSE algorithm: -8 EdDSA, -7 ES256, -257 RS256."""

    def to_json(self) -> Json:
        return {
            "algorithm": self.algorithm,
            "keyid": self.keyid,
            "kind": self.kind,
            "public": canonical.b64(self.public),
        }

    @classmethod
    def from_json(cls, item: Json) -> "OfficerKey":
        """Raises MalformedError."""
        if not isinstance(item, dict) or set(item) != {"algorithm", "keyid", "kind", "public"}:
            raise VaultMalformedError("an officer's key is keyid, kind, algorithm, public")
        key = cls(
            keyid=check_name(canonical.field(item, "keyid", str), what="keyid"),
            kind=canonical.field(item, "kind", str),
            public=canonical.unb64(item["public"], where="public"),
            algorithm=canonical.field(item, "algorithm", int),
        )
        if key.kind == "ed25519":
            if len(key.public) != 32 or key.algorithm != -8:
                raise VaultMalformedError("an Ed25519 key has 32 bytes and algorithm -8")
        elif key.kind != "fido2" or key.algorithm not in (-8, -7, -257):
            raise VaultMalformedError("unknown kind of officer's key")
        elif not 32 <= len(key.public) <= 2048:
            raise VaultMalformedError("a FIDO2 key is its DER SubjectPublicKeyInfo")
        return key


@dataclass(frozen=True, kw_only=True)
class Signers:
    """So many distinct officers who hold one of these posts."""

    number: int
    posts: tuple[str, ...]
    """Sorted."""

    def to_json(self) -> dict[str, Json]:
        return {"posts": list(self.posts), "signers": self.number}

    @classmethod
    def from_json(cls, item: Json, where: str) -> "Signers":
        """Raises MalformedError."""
        if not isinstance(item, dict) or set(item) != {"posts", "signers"}:
            raise VaultMalformedError("signers of a ground are posts and signers", where=where)
        return cls(
            number=_number(item["signers"], MAX_SIGNERS, where),
            posts=read_names(item["posts"], where),
        )


@dataclass(frozen=True, kw_only=True)
class HoldSigners(Signers):
    """Who places and ends a hold for a ground, and how far beyond retention it reaches."""

    days: int | None
    """After the footage's ordinary last day, or after the day of signature if that is later. None:
    as long as the rules let any hold last."""

    def to_json(self) -> dict[str, Json]:
        return super().to_json() | {"days": self.days}

    @classmethod
    def from_json(cls, item: Json, where: str) -> "HoldSigners":
        """Raises MalformedError."""
        if not isinstance(item, dict) or set(item) != {"days", "posts", "signers"}:
            raise VaultMalformedError("a ground's hold is days, posts, signers", where=where)
        days = item["days"]
        signers = Signers.from_json({k: v for k, v in item.items() if k != "days"}, where)
        return cls(
            number=signers.number,
            posts=signers.posts,
            days=None if days is None else _number(days, MAX_HOLD_DAYS, where),
        )


def read_names(value: Json, where: str, *, most: int = 10_000) -> tuple[str, ...]:
    """A list of 1 to `most` names, sorted, each once. Raises MalformedError."""
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        raise VaultMalformedError("a list of names expected", where=where)
    if not all(isinstance(item, str) for item in value):
        raise VaultMalformedError("a name is text", where=where)
    names = tuple(check_name(item, what=where) for item in value)
    if list(names) != sorted(set(names)):
        raise VaultMalformedError("names are sorted and each stands once", where=where)
    return names


def _number(value: Json, most: int, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise VaultMalformedError(f"a whole number of 1 to {most} expected", where=where)
    return value
