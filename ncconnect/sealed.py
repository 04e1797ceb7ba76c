"""Sealed values: what travels through a browser, an address or a mail, and comes back unaltered.

    PAGE = Seal("accounts.attempt", version=1, age=timedelta(hours=24))
    text = PAGE.close([str(attempt), email], audience="…")
    attempt, email = PAGE.open(text, audience="…")

One mechanism for all of them. A seal has a **name** (a value of one kind is nothing to another), a
**version** (what an earlier form of the value meant is not read as the new one), an **age** after
which it is no longer taken, and each value may have an **audience**: the browser, person or purpose
that it is for. Nobody outside reads, alters or makes one; it is letters of RFC 4648, section 5, and
one value has one text.

AES-SIV (RFC 5297) under a key derived from SECRET_KEY for each name: it needs no nonce, so nothing
is lost when two processes seal at once, and the same value gives the same text. Values sealed under
SECRET_KEY_FALLBACKS are still opened.

What is no statement but a secret of its own, with a row that keeps its digest (a session's cookie,
an authorization code), is a handle: ncconnect.handles.
"""

import base64
import binascii
import hashlib
import hmac
import json
import zlib
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.utils import timezone

_MOMENT_BYTES = 5  # seconds since 1970, until the year 36 812
_TAG_BYTES = 16
_PLAIN, _DEFLATED = b"\0", b"\1"


class Unreadable(Exception):
    """Never sealed here, or for something or somebody else, or altered."""


class TooOld(Unreadable):
    """Sealed here, and past its age."""


@dataclass(frozen=True)
class Seal:
    """Values of one kind: whatever JSON holds. ``age``: how long one is taken, for ever if None."""

    name: str
    version: int
    age: timedelta | None

    def close(self, value: object, *, audience: str = "") -> str:
        moment = int(timezone.now().timestamp()).to_bytes(_MOMENT_BYTES)
        return _close(moment + _packed(value), self._is_for(audience))

    def open(self, text: str, *, audience: str = "") -> object:
        """The value. Raises Unreadable, TooOld."""
        raw = _open(text, self._is_for(audience))
        age = timezone.now().timestamp() - int.from_bytes(raw[:_MOMENT_BYTES])
        if self.age is not None and age > self.age.total_seconds():
            raise TooOld
        return _unpacked(raw[_MOMENT_BYTES:])

    def _is_for(self, audience: str) -> tuple[str, str, str]:
        return self.name, str(self.version), audience


@dataclass(frozen=True)
class KeySeal:
    """The key of a row, sealed: 43 letters, the same each time. Its row says when it ends."""

    name: str
    version: int

    def close(self, key: UUID, *, audience: str = "") -> str:
        return _close(key.bytes, (self.name, str(self.version), audience))

    def open(self, text: str, *, audience: str = "") -> UUID:
        """Raises Unreadable."""
        raw = _open(text, (self.name, str(self.version), audience))
        if len(raw) != len(UUID(int=0).bytes):
            raise Unreadable
        return UUID(bytes=raw)


def _packed(value: object) -> bytes:
    plain = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    deflated = zlib.compress(plain)
    return _DEFLATED + deflated if len(deflated) < len(plain) else _PLAIN + plain


def _unpacked(raw: bytes) -> object:
    body = zlib.decompress(raw[1:]) if raw[:1] == _DEFLATED else raw[1:]
    return json.loads(body)


def _close(raw: bytes, about: tuple[str, ...]) -> str:
    sealed = _cipher(settings.SECRET_KEY, about[0]).encrypt(raw, _associated(about))
    return _text(sealed)


def _open(text: str, about: tuple[str, ...]) -> bytes:
    """What was closed. Raises Unreadable."""
    sealed = _raw(text)
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _cipher(secret, about[0]).decrypt(sealed, _associated(about))
        except InvalidTag:
            continue
    raise Unreadable


def _associated(about: tuple[str, ...]) -> list[bytes]:
    """Authenticated part by part (RFC 5297, section 2.6): no part can lend letters to the next."""
    return [part.encode() for part in about]


@lru_cache(maxsize=64)
def _cipher(secret: str, name: str) -> AESSIV:
    """Each name has a key of its own; a fallback is a former SECRET_KEY."""
    return AESSIV(
        hmac.digest(secret.encode(), b"ncconnect.sealed\0" + name.encode(), hashlib.sha512)
    )


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    """The bytes of a text that ``_text`` wrote; Unreadable for any other spelling of them."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable from None
    if len(raw) <= _TAG_BYTES or _text(raw) != text:
        raise Unreadable
    return raw
