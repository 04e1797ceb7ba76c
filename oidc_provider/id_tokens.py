"""The id_token (Core, section 2): what it says, and reading one that comes back as a hint."""

import time
from collections.abc import Iterable

from django.conf import settings

from oidc_provider import claims, keys, visits
from oidc_provider.models import Grant


def build(base: dict, grant: Grant, scopes: Iterable[str]) -> dict:
    """The engine's claims (aud, iat, nonce, at_hash) and ours, all from the grant.

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
        "sid": visits.sid_of(grant.session_id, base["aud"]),
    }
    if grant.acr:
        token["acr"] = grant.acr
    asked = claims.requested(grant.claims, "id_token", scopes)
    return (claims.read(grant.subject.user, asked) if asked else {}) | token


def read_hint(token: str) -> dict:
    """An id_token that we signed, whatever its age (RP-Initiated Logout, section 4; Core, 3.1.2.1).

    Raises keys.InvalidSignature for anything else: an altered one, another server's.
    """
    payload = keys.verify(token)
    mine = payload.get("iss") == settings.ISSUER and "auth_time" in payload
    if (
        not mine
        or not isinstance(payload.get("sub"), str)
        or not isinstance(payload.get("aud"), str)
    ):
        raise keys.InvalidSignature
    return payload
