"""Secrets that name their row: the key of the row, and 256 random bits whose digest it keeps.

A session's cookie and an authorization code are such handles. The row is found by its own key and
the digest is compared there, so that no second index has to find it; and a read copy of the
database is of no use to anybody.
"""

import base64
import hashlib
import re
import secrets
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

_LAYOUT = struct.Struct(">16s32s")
_ALPHABET = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Handle:
    """A handle, as it was presented."""

    id: UUID
    digest: bytes

    @classmethod
    def read(cls, text: str) -> "Handle | None":
        """None for what was never a handle of ours, whatever it is made of."""
        raw = decoded(text, _LAYOUT.size)
        if raw is None:
            return None
        key, secret = _LAYOUT.unpack(raw)
        return cls(UUID(bytes=key), digest(secret))


def new(key: UUID) -> tuple[str, bytes]:
    """A handle for the row of this key: its text, and the digest that the row keeps."""
    secret = secrets.token_bytes(32)
    return encoded(_LAYOUT.pack(key.bytes, secret)), digest(secret)


def new_key() -> UUID:
    """A key for a new row: the time, then 74 random bits (RFC 9562, section 5.7, version 7).

    Rows that are made together stand together in the index, and it stays dense.
    """
    words = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    words = words & ~(0xF << 76) | 0x7 << 76
    return UUID(int=words & ~(0x3 << 62) | 0x2 << 62)


def made_at(key: UUID) -> datetime:
    """When a key that ``new_key`` gave was made, to the millisecond."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC)


def digest(secret: bytes) -> bytes:
    """SHA-256: random bits need neither salt nor a slow hash."""
    return hashlib.sha256(secret).digest()


def encoded(raw: bytes) -> str:
    """URL-safe base64 (RFC 4648, section 5), of a multiple of three bytes: there is no padding."""
    return base64.urlsafe_b64encode(raw).decode()


def decoded(text: str, size: int) -> bytes | None:
    """The ``size`` bytes that ``encoded`` wrote; None when it never did. One text, one value."""
    if len(text) != size * 4 // 3 or not _ALPHABET.fullmatch(text):
        return None
    return base64.urlsafe_b64decode(text)
