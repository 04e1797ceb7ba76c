"""The public keys of a partner: registered (``jwks``), or at its own address (``jwks_uri``).

What an address answers is kept for FRESH; when it does not answer, for STALE longer. A key that
is not among those kept makes us ask again (Core, section 10.1.1): so a partner changes its keys
without telling us. How often we ask is limited, since anyone can name an unknown key.
"""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.core.cache import cache
from jwcrypto import jwk
from jwcrypto.common import JWException, base64url_decode

from ncconnect import outbound, ratelimit
from oidc_provider.models import RelyingParty

FRESH = 600  # seconds
STALE = 3600
RETRY = 30  # seconds between two tries at an address that does not answer
MAX_KEYS = 20
LEAST_RSA_BITS = 2048  # RFC 7518, sections 3.3 and 3.5
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# alg → the key that it needs (RFC 7518, section 3.1)
KINDS = {
    "RS256": {"kty": "RSA"},
    "PS256": {"kty": "RSA"},
    "ES256": {"kty": "EC", "crv": "P-256"},
}


class InvalidKeys(ValueError):
    """Not a JWK set that we can use; the text says what is expected."""


@dataclass(frozen=True)
class Kept:
    """What an address answered: trusted until ``fresh_until``, thrown away at ``ends_at``."""

    keys: list[dict[str, str]]
    read_at: float
    fresh_until: float
    ends_at: float


def candidates(partner: RelyingParty, algorithm: str, kid: str | None) -> list[jwk.JWK]:
    """The keys that may have signed with this algorithm; all that fit when no key is named."""
    found = _fitting(_keys(partner), algorithm, kid)
    if not found and partner.jwks_uri:
        found = _fitting(_asked_again(partner), algorithm, kid)
    return [jwk.JWK(**key) for key in found]


def read(value: Any) -> dict[str, list[dict]]:
    """A JWK set (RFC 7517, section 5) as it may be registered. Raises InvalidKeys."""
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= MAX_KEYS:
        raise InvalidKeys(f"expected a JWK set of 1 to {MAX_KEYS} keys")
    if not all(isinstance(key, dict) for key in keys):
        raise InvalidKeys("expected keys that are objects")
    if any(PRIVATE & key.keys() for key in keys):
        raise InvalidKeys("expected public keys: a private or symmetric one is in it; change it")
    usable = _usable(keys)
    if not usable:
        raise InvalidKeys(f"expected an RSA key of {LEAST_RSA_BITS} bits or more, or a P-256 key")
    return {"keys": usable}


def _usable(keys: Iterable[dict]) -> list[dict]:
    """Those that sign, are large enough and can be parsed; public members only (section 4)."""
    members = ("kty", "n", "e", "crv", "x", "y", "kid", "alg", "use")
    slim = [{m: key[m] for m in members if isinstance(key.get(m), str)} for key in keys]
    return [key for key in slim if key.get("use", "sig") == "sig" and _is_sound(key)]


def _is_sound(key: dict[str, str]) -> bool:
    try:
        jwk.JWK(**key)
        if key["kty"] == "RSA":
            return int.from_bytes(base64url_decode(key["n"])).bit_length() >= LEAST_RSA_BITS
        return key["kty"] == "EC" and key["crv"] == "P-256"
    except (JWException, ValueError, KeyError, TypeError):
        return False


def _fitting(keys: list[dict], algorithm: str, kid: str | None) -> list[dict]:
    wanted = KINDS[algorithm]
    return [
        key
        for key in keys
        if (kid is None or key.get("kid") == kid)
        and key.get("alg", algorithm) == algorithm
        and wanted.items() <= key.items()
    ]


def _keys(partner: RelyingParty) -> list[dict]:
    """The registered keys, or those kept of the address, asked for when they are old."""
    if not partner.jwks_uri:
        return (partner.jwks or {}).get("keys", [])
    kept = _kept(partner)
    if kept is None or kept.fresh_until < time.time():
        return _ask(partner, kept)
    return kept.keys


def _asked_again(partner: RelyingParty) -> list[dict]:
    """For a key that is unknown: what the address says now, unless it was asked just before."""
    kept = _kept(partner)
    if kept and time.time() - kept.read_at < 1:
        return kept.keys
    return _ask(partner, kept)


def _ask(partner: RelyingParty, kept: Kept | None) -> list[dict]:
    """Ask the address and keep the answer. Without one, go on with what was kept."""
    former = kept.keys if kept else []
    if not ratelimit.hit("partner_keys", partner.client_id).allowed:
        return former
    now = time.time()
    try:
        keys = read(outbound.get_json(partner.jwks_uri))["keys"]
    except (outbound.OutboundError, InvalidKeys):
        if kept:
            _keep(partner, replace(kept, fresh_until=now + RETRY))
        return former
    _keep(partner, Kept(keys, now, now + FRESH, now + FRESH + STALE))
    return keys


def _kept(partner: RelyingParty) -> Kept | None:
    kept = cache.get(_name(partner))
    return kept if kept and time.time() < kept.ends_at else None


def _keep(partner: RelyingParty, kept: Kept) -> None:
    cache.set(_name(partner), kept, int(kept.ends_at - time.time()) + 1)


def _name(partner: RelyingParty) -> str:
    """By the address: another one registered is another answer."""
    return "partner_keys:" + hashlib.sha256(partner.jwks_uri.encode()).hexdigest()
