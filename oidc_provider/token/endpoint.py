"""The token endpoint, and revocation (RFC 6749, section 3.2; RFC 7009)."""

import json

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from oauthlib.oauth2 import OAuth2Error

from ncconnect import audit
from oidc_provider.claims.subjects import sid_of
from oidc_provider.grants import bearer, lifecycle
from oidc_provider.models import Grant, RelyingParty
from oidc_provider.partners import client_authentication, cors
from oidc_provider.partners.callers import caller
from oidc_provider.token import dot
from oidc_provider.wire import programs
from oidc_provider.wire.answers import Refused, answer, refusal

TOKEN_PARAMETERS = (
    *client_authentication.PARAMETERS,
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
)


# The engine's own words say less, and nothing in the commonest case.
DESCRIPTIONS = {
    "invalid_grant": "the code or token is unknown, expired, used or revoked, or was given for "
    "another client_id, redirect_uri or code_challenge",
    "invalid_request": "a required parameter is missing",
    "invalid_scope": "scope: more than was granted",
    "unauthorized_client": "grant_type: not registered for this client_id",
}


@csrf_exempt
@programs.answered
@cors.open_to_public_clients("POST")
@sensitive_post_parameters()
@require_POST
def token(http: HttpRequest) -> HttpResponse:
    """One transaction: the engine locks what it redeems, and a refusal keeps what it wrote down."""
    try:
        relying_party, values = caller(http, TOKEN_PARAMETERS)
        _check_grant_type(values)
        with transaction.atomic():
            return _redeem(dot.Exchange(relying_party), values)
    except Refused as error:
        return refusal(error)


def _check_grant_type(values: dict[str, str]) -> None:
    grant_type = values.get("grant_type", "")
    if not grant_type:
        raise Refused("invalid_request", "grant_type: missing")
    if grant_type not in dot.GRANT_TYPES:
        raise Refused(
            "unsupported_grant_type", f"grant_type: expected {' or '.join(dot.GRANT_TYPES)}"
        )
    needed = "code" if grant_type == "authorization_code" else "refresh_token"
    if needed not in values:
        raise Refused("invalid_request", f"{needed}: missing")


def _redeem(exchange: dot.Exchange, values: dict[str, str]) -> HttpResponse:
    """Errors before anything was saved are answers: the counted failure or revocation stays."""
    try:
        _headers, body, status = dot.create_token_response(exchange, values)
    except OAuth2Error as error:
        body, status = error.json, 400
    content = json.loads(body)
    if status == 200:
        return answer(content | {"session_state": _session_state(exchange)})
    code = content["error"]
    why = exchange.why if code == "invalid_grant" else ""
    return refusal(Refused(code, why or DESCRIPTIONS.get(code, code)))


def _session_state(exchange: dot.Exchange) -> str:
    """The ``sid`` of the id_token and of logout tokens, by the name that Keycloak has for it.

    As a broker it ends the session that it linked to this member, and none without it.
    """
    return sid_of(exchange.grant.session_id, exchange.relying_party.client_id)


@csrf_exempt
@programs.answered
@cors.open_to_public_clients("POST")
@sensitive_post_parameters()
@require_POST
def revoke(http: HttpRequest) -> HttpResponse:
    """RFC 7009: an unknown token, or another partner's, is answered like one that was revoked."""
    try:
        relying_party, values = caller(
            http, (*client_authentication.PARAMETERS, "token", "token_type_hint")
        )
        if "token" not in values:
            raise Refused("invalid_request", "token: missing")
    except Refused as error:
        return refusal(error)
    _revoke(relying_party, values["token"])
    return answer(None)


def _revoke(relying_party: RelyingParty, text: str) -> None:
    """A refresh token takes all of its grant with it; an access token, those made before it too.

    One that is used up is worth nothing already (RFC 7009, section 2.2): a partner that tidies up
    after a refresh keeps what the refresh gave.
    """
    refresh, access = (bearer.read(kind, text) for kind in (bearer.REFRESH, bearer.ACCESS))
    token = refresh or access
    if token is None:
        return
    mine = Grant.objects.filter(pk=token.grant_id, application=relying_party)
    with transaction.atomic():
        live = mine.filter(refreshes=token.number) if refresh else mine
        if lifecycle.revoke(live) if refresh else _revoke_access(live, token):
            person = mine.values_list("subject__user", flat=True).first()
            audit.record("token_revoked", user=person, partner=relying_party.client_id)


def _revoke_access(mine: QuerySet[Grant], token: bearer.Token) -> int:
    earlier = Q(access_revoked_at=None) | Q(access_revoked_at__lt=token.moment)
    return mine.filter(earlier, revoked_at=None).update(access_revoked_at=token.moment)
