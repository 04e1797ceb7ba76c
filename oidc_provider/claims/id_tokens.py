"""The id_token (Core, section 2): what it says, and reading one that comes back as a hint."""

import base64
import hashlib
import time
from collections.abc import Iterable

from django.conf import settings

from oidc_provider.claims import table
from oidc_provider.claims.subjects import sid_of
from oidc_provider.keys import keyring
from oidc_provider.models import Grant


class InvalidHint(Exception):
    """The text is not an id_token that we signed."""


def build(base: dict, grant: Grant, scopes: Iterable[str]) -> dict:
    """What the exchange says (``base``: aud, iat, nonce, at_hash), and the claims of the grant.

    Only what belongs here: claims of the scopes go to userinfo (Core, section 5.4), unless the
    partner asked for them in the id_token by the ``claims`` parameter, within ``scopes``, those of
    its registration.
    """
    now = int(time.time())
    token = base | {
        "iss": settings.ISSUER,
        "sub": grant.subject.sub,
        "exp": now + int(settings.ID_TOKEN_TIME.total_seconds()),
        "auth_time": int(grant.auth_time.timestamp()),
        "amr": grant.amr.split(),
        "sid": sid_of(grant.session_id, base["aud"]),
    }
    if grant.acr:
        token["acr"] = grant.acr
    asked = table.requested(grant.claims, "id_token", scopes)
    return (table.read(grant.subject.user, asked) if asked else {}) | token


def half_hash(token: str) -> str:
    """``at_hash`` (Core, section 3.1.3.6): every algorithm of ours signs a SHA-256."""
    left = hashlib.sha256(token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(left).decode().rstrip("=")


def read_hint(token: str) -> dict:
    """An id_token that we signed, whatever its age (RP-Initiated Logout, section 4; Core, 3.1.2.1).

    Raises InvalidHint for anything else: an altered one, another server's.
    """
    try:
        payload = keyring.verify(token)
    except keyring.InvalidSignature:
        raise InvalidHint from None
    mine = payload.get("iss") == settings.ISSUER and "auth_time" in payload
    if (
        not mine
        or not isinstance(payload.get("sub"), str)
        or not isinstance(payload.get("aud"), str)
    ):
        raise InvalidHint
    return payload
