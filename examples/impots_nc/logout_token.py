"""Reading the logout token that NC Connect posts (Back-Channel Logout 1.0 § 2.6)."""

import math
import time
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from .nc_connect import CLOCK_SKEW_SECONDS, client, settings

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYPES = {"logout+jwt", "application/logout+jwt"}


def read_logout_token(token: str) -> dict[str, Any]:
    """Its claims, once everything that the section asks for is checked.

    Raises ValueError, joserfc's JoseError, or requests.RequestException while the keys cannot be
    had. Whether the ``jti`` came before is not looked at: ending a visit twice changes nothing.
    """
    claims = _verified(token)
    now = time.time()
    is_for_us = claims.get("iss") == settings().issuer and claims.get("aud") in (
        settings().client_id,
        [settings().client_id],
    )
    if not is_for_us:
        raise ValueError("iss or aud")
    if _seconds(claims, "exp") <= now - CLOCK_SKEW_SECONDS:
        raise ValueError("exp")
    if _seconds(claims, "iat") >= now + CLOCK_SKEW_SECONDS:
        raise ValueError("iat")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise ValueError("events")
    if "nonce" in claims:  # « MUST NOT be present »: an id_token is no logout token
        raise ValueError("nonce")
    names = [claims[name] for name in ("sid", "sub") if name in claims]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError("sid or sub")
    return claims


def _verified(token: str) -> dict[str, Any]:
    """The claims of a token that a key of the provider signed; new keys are asked for once."""
    try:
        decoded = _decoded(token, client().fetch_jwk_set())
    except InvalidKeyIdError:
        decoded = _decoded(token, client().fetch_jwk_set(force=True))
    if decoded.header.get("typ", "").lower() not in TYPES:
        raise ValueError("typ")
    return decoded.claims


def _decoded(token: str, keys: dict) -> jwt.Token:
    return jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])


def _seconds(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(name)
    return value
