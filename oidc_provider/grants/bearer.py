"""Access and refresh tokens: what a partner holds, and no table does.

A token names its grant by the key of its row, says which moment and number it stands for, and
carries a MAC of all that, keyed with SECRET_KEY. Whether it is alive, the row of the grant says: a
token costs neither a write nor a byte, and one that we never made costs no statement. A copy of the
database makes no token without the key, nor the key without the copy, which alone has the names of
the grants (docs/decisions/0011).
"""

import functools
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings

from ncconnect.handles import decoded, encoded

ACCESS, REFRESH = b"access token", b"refresh token"
_BODY = struct.Struct(">16sQI")  # the grant, microseconds since 1970, a number
_MAC_SIZE = 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Token:
    """A token of ours. It was made; whether it is still alive is not said here.

    An access token was made at ``moment`` and lives ``number`` seconds. A refresh token is the one
    with this ``number`` in a family that ends at ``moment``. ``scope`` is that of an access token
    to which less was given than to its grant, else empty.
    """

    grant_id: UUID
    moment: datetime
    number: int
    scope: str = ""

    @property
    def expires(self) -> datetime:
        """The end of an access token."""
        return self.moment + timedelta(seconds=self.number)


def write(kind: bytes, token: Token) -> str:
    """The token as the partner holds it: URL-safe base64, and the scope if there is one."""
    microseconds = (token.moment - _EPOCH) // _MICROSECOND
    body = _BODY.pack(token.grant_id.bytes, microseconds, token.number)
    text = encoded(body + _mac(settings.SECRET_KEY, kind, body, token.scope))
    return f"{text}.{token.scope.replace(' ', '~')}" if token.scope else text


def read(kind: bytes, text: str) -> Token | None:
    """The token of this kind that this text is; None for what was never one, whatever it is."""
    words, dot, scope = text.partition(".")
    raw = decoded(words, _BODY.size + _MAC_SIZE)
    if raw is None or (dot and not scope) or not scope.isascii():
        return None
    body, mac = raw[:-_MAC_SIZE], raw[-_MAC_SIZE:]
    scope = scope.replace("~", " ")
    if not _is_ours(mac, kind, body, scope):
        return None
    grant_id, microseconds, number = _BODY.unpack(body)
    return Token(UUID(bytes=grant_id), _EPOCH + microseconds * _MICROSECOND, number, scope)


def _is_ours(mac: bytes, kind: bytes, body: bytes, scope: str) -> bool:
    """Under the present SECRET_KEY, or a former one while it is still in SECRET_KEY_FALLBACKS."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(hmac.compare_digest(mac, _mac(key, kind, body, scope)) for key in secrets)


def _mac(secret: str, kind: bytes, body: bytes, scope: str) -> bytes:
    """The body has one length: no two tokens give the same message."""
    return hmac.digest(_key(secret, kind), body + scope.encode(), hashlib.sha256)


@functools.lru_cache(maxsize=16)
def _key(secret: str, kind: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"ncconnect " + kind, hashlib.sha256)
