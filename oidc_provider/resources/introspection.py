"""Introspection (RFC 7662), for confidential partners, about their own tokens."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from ncconnect import rows
from oidc_provider.grants import bearer, redemption, standing
from oidc_provider.grants.bearer import Token
from oidc_provider.models import Grant, RelyingParty
from oidc_provider.partners import client_authentication
from oidc_provider.partners.callers import caller
from oidc_provider.wire import programs
from oidc_provider.wire.answers import Refused, answer, refusal

LOAD = f"""
SELECT given.scope, known.sub, given.refreshes, given.access_revoked_at < %(moment)s,
    given.rotated_at > %(leeway)s
FROM oidc_provider_grant AS given
JOIN oidc_provider_subjectidentifier AS known ON known.id = given.subject_id
JOIN accounts_user AS person ON person.id = known.user_id
WHERE given.id = %(id)s AND given.application_id = %(partner)s AND given.revoked_at IS NULL
    AND person.is_active AND person.activated_at IS NOT NULL AND {standing.LASTS}
"""  # noqa: S608  (column names of our own)
INACTIVE = {"active": False}


@csrf_exempt
@programs.answered
@sensitive_post_parameters()
@require_POST
def introspect(http: HttpRequest) -> HttpResponse:
    """Section 2.1. What is not the caller's, or not alive, is not active, and nothing more."""
    try:
        relying_party, values = caller(
            http, (*client_authentication.PARAMETERS, "token", "token_type_hint")
        )
        if relying_party.is_public:
            raise Refused("invalid_client", "public clients cannot introspect", status=401)
        if "token" not in values:
            raise Refused("invalid_request", "token: missing")
    except Refused as error:
        return refusal(error)
    return answer(described(relying_party, values["token"]))


def described(relying_party: RelyingParty, text: str) -> dict:
    """Section 2.2."""
    now = timezone.now()
    if token := bearer.read(bearer.ACCESS, text):
        return _access_token(relying_party, token) if now < token.expires else INACTIVE
    if token := bearer.read(bearer.REFRESH, text):
        return _refresh_token(relying_party, token) if now < token.moment else INACTIVE
    return INACTIVE


def _access_token(relying_party: RelyingParty, token: Token) -> dict:
    row = _grant(relying_party, token)
    if row is None:
        return INACTIVE
    scope, sub, _refreshes, outlived, _leeway = row
    # Revoked, it or a later one; None: none of the grant was.
    if outlived is not None and not outlived:
        return INACTIVE
    return {
        "active": True,
        "scope": _given(token.scope or scope, relying_party),
        "client_id": relying_party.client_id,
        "sub": sub,
        "token_type": "Bearer",
        "iat": _seconds(token.moment),
        "exp": _seconds(token.expires),
    }


def _refresh_token(relying_party: RelyingParty, token: Token) -> dict:
    """Active is what the token endpoint would accept from this partner now."""
    row = _grant(relying_party, token) if relying_party.may_refresh else None
    if row is None or not (row[2] == token.number or (row[2] == token.number + 1 and row[4])):
        return INACTIVE
    return {
        "active": True,
        "scope": _given(row[0], relying_party),
        "client_id": relying_party.client_id,
        "sub": row[1],
        "token_type": "refresh_token",
        "exp": _seconds(token.moment),
    }


def _given(scope: str, relying_party: RelyingParty) -> str:
    return " ".join(relying_party.still_given(scope.split()))


def _grant(relying_party: RelyingParty, token: Token) -> tuple | None:
    """One narrow statement: scope, sub, the good refresh token, revoked before it?, leeway?"""
    now = timezone.now()
    values = {
        "id": rows.value(Grant, "id", token.grant_id),
        "partner": relying_party.pk,
        "moment": rows.value(Grant, "access_revoked_at", token.moment),
        "now": rows.value(Grant, "expires", now),
        "leeway": rows.value(Grant, "rotated_at", now - redemption.LEEWAY),
    }
    return rows.first(LOAD, values)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
