"""What an authorization gives: made here, ended here.

A grant is alive while it is not revoked; all that came of it dies with it, in one update.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts.authentication import Authentication
from oidc_provider import acr, claims, visits
from oidc_provider.claims import SCOPES
from oidc_provider.models import (
    AccessToken,
    Grant,
    RefreshToken,
    RelyingParty,
    RelyingPartySession,
)

if TYPE_CHECKING:
    from oidc_provider.authorize.request import AuthorizationRequest

CODE_TIME = timedelta(seconds=60)


def digest(token: str) -> bytes:
    """How a code or a token is stored: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).digest()


def new_token() -> str:
    return secrets.token_urlsafe(32)


def granted_scopes(request: "AuthorizationRequest") -> list[str]:
    """The scopes that are given: those asked for, known, registered and possible."""
    partner = request.relying_party
    possible = partner.scopes if partner.may_refresh else partner.scopes - {"offline_access"}
    return [scope for scope in SCOPES if scope in request.scopes and scope in possible]


def requested_claims(request: "AuthorizationRequest", scopes: list[str]) -> dict[str, list[str]]:
    """The ``claims`` parameter, reduced to the names that mean something here."""
    places = ("userinfo", "id_token")
    return {
        place: sorted(names)
        for place in places
        if (names := claims.requested(request.claims, place, scopes))
    }


def issue(
    request: "AuthorizationRequest",
    authentication: Authentication,
    visit: RelyingPartySession | None = None,
) -> str:
    """An authorization code for this request and this person; only its digest is kept.

    ``visit``: what ``visits.visit_to`` found, when it was asked already.
    """
    code = new_token()
    now = timezone.now()
    visit = visit or visits.open_visit(request.relying_party, authentication)
    scopes = granted_scopes(request)
    Grant.objects.create(
        application=request.relying_party,
        user=authentication.user,
        subject_id=visit.subject_id,
        code=digest(code),
        expires=now + CODE_TIME,
        ends_at=_end(request.relying_party, now, offline="offline_access" in scopes),
        redirect_uri=request.redirect_uri,
        scope=" ".join(scopes),
        code_challenge=request.code_challenge,
        code_challenge_method="S256" if request.code_challenge else "",
        nonce=request.nonce,
        claims=requested_claims(request, scopes),
        auth_time=authentication.at,
        acr=acr.stated(authentication.acr, request.acr_values),
        amr=" ".join(authentication.methods),
        session_id=authentication.session_id,
        sid=visit.sid,
        offline="offline_access" in scopes,
    )
    return code


def family_time(offline: bool) -> timedelta:
    """How long a family of refresh tokens lives."""
    return settings.OFFLINE_REFRESH_TOKEN_TIME if offline else settings.REFRESH_TOKEN_TIME


def _end(relying_party: RelyingParty, now: datetime, *, offline: bool) -> datetime:
    """The latest moment at which anything that comes of a grant may end.

    Known from the start, so that no index has to follow the row when its code is redeemed.
    """
    family = family_time(offline) if relying_party.may_refresh else timedelta()
    return now + CODE_TIME + family + timedelta(seconds=relying_party.access_token_lifetime)


def revoke(grants: QuerySet[Grant]) -> int:
    """End these grants and all that came of them, now. Returns how many were alive."""
    return grants.filter(revoked_at=None).update(revoked_at=timezone.now())


def alive(token: AccessToken | RefreshToken) -> bool:
    """May this token be used: in time, not consumed, its grant and its person still there?"""
    grant = token.grant
    return (
        not token.is_expired()
        and getattr(token, "consumed_at", None) is None
        and grant.revoked_at is None
        and grant.user.is_active
        and grant.user.is_activated
    )
