"""The key ring: which key signs, which keys verify.

Keys live in the database, so that every web process has the same; the private halves are
encrypted under a key derived from SECRET_KEY. Parsing an RSA key costs tens of milliseconds, so
each process keeps the ring parsed, looks for news at most every RELOAD seconds, and parses then
what is new.
"""

import base64
import contextlib
import functools
import json
import re
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from jwcrypto import jwk, jws
from jwcrypto.common import JWException, json_decode

from ncconnect import audit
from oidc_provider.keys import signing
from oidc_provider.models import SigningKey

ALGORITHMS = ("RS256", "ES256", "PS256")
RELOAD = 30.0  # seconds: a rotation is seen by every process within this time
MAX_JWS_LENGTH = 16_384
# RFC 7515, sections 2 and 7.1. The parser forgives the other base64 alphabet: one token, two texts.
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class InvalidSignature(Exception):
    """Not a JWS that a key of this ring signed."""


@dataclass(frozen=True)
class Ring:
    """The keys as they were at one moment, parsed."""

    signing: dict[str, jwk.JWK]
    verifying: dict[str, jwk.JWK]
    read_at: float = field(default_factory=time.monotonic)

    @cached_property
    def jwks(self) -> bytes:
        """The public keys (RFC 7517, section 5), as bytes made once."""
        keys = [key.export_public(as_dict=True) for key in self.verifying.values()]
        return json.dumps({"keys": keys}, separators=(",", ":")).encode()


_lock = threading.Lock()
_ring: Ring | None = None


def ring() -> Ring:
    """The key ring of this process, made or read again when it is old."""
    global _ring
    current = _ring
    if current is None or time.monotonic() - current.read_at > RELOAD:
        with _lock:
            if _ring is current:
                _ring = _load(current)
            current = _ring
    return current


def forget() -> None:
    """The next use reads the keys again."""
    global _ring
    _ring = None


def sign(payload: dict, *, algorithm: str, typ: str = "JWT") -> str:
    """A compact JWS (RFC 7515) by the key that signs with this algorithm."""
    key = ring().signing[algorithm]
    message = f"{_header(algorithm, key['kid'], typ)}.{_word(_json(payload))}".encode()
    return f"{message.decode()}.{_word(signing.signature(algorithm, key, message))}"


@functools.lru_cache(maxsize=32)
def _header(algorithm: str, kid: str, typ: str) -> str:
    return _word(_json({"alg": algorithm, "kid": kid, "typ": typ}))


def _json(content: dict) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _word(raw: bytes) -> str:
    """base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def verify(token: str) -> dict:
    """The payload of a JWS that one of our keys signed; its dates are not looked at.

    Raises InvalidSignature for anything else, whatever it is made of. The key is found by its
    own ``kid`` and only under its own algorithm: no header chooses how it is checked.
    """
    if len(token) > MAX_JWS_LENGTH or not COMPACT.fullmatch(token):
        raise InvalidSignature
    try:
        parsed = jws.JWS()
        parsed.deserialize(token)
        key = ring().verifying[parsed.jose_header["kid"]]
        parsed.allowed_algs = [key["alg"]]
        parsed.verify(key)
        payload = json_decode(parsed.payload)
    except (JWException, ValueError, KeyError, TypeError, AttributeError):
        raise InvalidSignature from None
    if not isinstance(payload, dict):
        raise InvalidSignature
    return payload


def create(algorithm: str, state: str) -> SigningKey:
    """Make and store a key pair. Raises IntegrityError when a key already signs in its place."""
    return store(generate(algorithm), algorithm, state)


def store(key: jwk.JWK, algorithm: str, state: str) -> SigningKey:
    """Keep this key pair, its private half encrypted. Raises IntegrityError as ``create`` does."""
    with transaction.atomic():
        audit.record("signing_key_created", kid=key["kid"], algorithm=algorithm)
        return SigningKey.objects.create(
            kid=key["kid"],
            algorithm=algorithm,
            state=state,
            public=key.export_public(as_dict=True),
            private=_cipher().encrypt(key.export_private().encode()),
            activated_at=timezone.now() if state == SigningKey.State.ACTIVE else None,
        )


def generate(algorithm: str) -> jwk.JWK:
    kind = (
        {"kty": "EC", "crv": "P-256"}
        if algorithm == "ES256"
        else {"kty": "RSA", "size": settings.SIGNING_KEY_BITS}
    )
    key = jwk.JWK.generate(**kind)
    key.update({"use": "sig", "alg": algorithm, "kid": key.thumbprint()})
    return key


def _load(former: Ring | None = None) -> Ring:
    """The ring as the database has it now. A key of the former ring is not parsed again."""
    keys = list(SigningKey.objects.order_by("created_at"))
    if _make_missing(keys):
        keys = list(SigningKey.objects.order_by("created_at"))
    signing = {key["kid"]: key for key in former.signing.values()} if former else {}
    verifying = former.verifying if former else {}
    # A kid is the key's thumbprint (RFC 7638): where it is the same, so is the key.
    return Ring(
        signing={
            key.algorithm: signing.get(key.kid) or _private(key)
            for key in keys
            if key.state == SigningKey.State.ACTIVE
        },
        verifying={key.kid: verifying.get(key.kid) or jwk.JWK(**key.public) for key in keys},
    )


def _make_missing(keys: list[SigningKey]) -> bool:
    """The first start makes a key of each kind. Two processes end with the same ones."""
    active = {key.algorithm for key in keys if key.state == SigningKey.State.ACTIVE}
    missing = [algorithm for algorithm in ALGORITHMS if algorithm not in active]
    for algorithm in missing:
        with contextlib.suppress(IntegrityError):  # another process was first
            create(algorithm, SigningKey.State.ACTIVE)
    return bool(missing)


def encrypt_again() -> int:
    """Encrypt under the present SECRET_KEY what a former one encrypted; how many keys that were.

    After it, the former one may leave SECRET_KEY_FALLBACKS.
    """
    present = Fernet(_derived(settings.SECRET_KEY))
    changed = 0
    for key in SigningKey.objects.exclude(private=b""):
        try:
            present.decrypt(bytes(key.private))
        except InvalidToken:
            fresh = _cipher().rotate(bytes(key.private))
            # Unless somebody rotated the keys meanwhile.
            same = SigningKey.objects.filter(pk=key.pk, private=key.private)
            changed += same.update(private=fresh)
    return changed


def _private(key: SigningKey) -> jwk.JWK:
    return jwk.JWK.from_json(_cipher().decrypt(bytes(key.private)).decode())


def _cipher() -> MultiFernet:
    """Encrypts under SECRET_KEY, and still reads what a former SECRET_KEY encrypted."""
    return MultiFernet(
        [
            Fernet(_derived(secret))
            for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )


def _derived(secret: str) -> bytes:
    derivation = HKDF(
        algorithm=hashes.SHA256(), length=32, salt=None, info=b"ncconnect signing keys"
    )
    return base64.urlsafe_b64encode(derivation.derive(secret.encode()))
