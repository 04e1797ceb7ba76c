"""The token endpoint, and revocation (RFC 6749, section 3.2; RFC 7009)."""

import json

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from oauthlib.oauth2 import OAuth2Error

from ncconnect import audit, ratelimit, trace
from oidc_provider import bearer, client_authentication, cors, dot, grants, parameters
from oidc_provider.client_authentication import InvalidClient, TwoMethods
from oidc_provider.models import Grant, RelyingParty

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


class Refused(Exception):
    """RFC 6749, section 5.2: an error code and a description for developers, in ASCII."""

    def __init__(self, error: str, description: str, status: int = 400, retry_after: int = 0):
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.retry_after = retry_after


def answer(content: dict | None, status: int = 200) -> HttpResponse:
    """JSON that nobody keeps (RFC 6749, section 5.1)."""
    body = json.dumps(content) if content is not None else ""
    response = HttpResponse(body, content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response


def refusal(error: Refused) -> HttpResponse:
    response = answer({"error": error.error, "error_description": error.description}, error.status)
    if error.status == 401:
        response["WWW-Authenticate"] = 'Basic realm="NC Connect", charset="UTF-8"'
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


def caller(http: HttpRequest, names: tuple[str, ...]) -> tuple[RelyingParty, dict[str, str]]:
    """The partner that calls and its parameters, from the form body only. Raises Refused."""
    if http.GET:
        raise Refused("invalid_request", "parameters belong in the body")
    values, faults = parameters.read(http.POST, names)
    if faults:
        raise Refused("invalid_request", str(faults[0]))
    try:
        return client_authentication.authenticate(http, values), values
    except TwoMethods:
        raise Refused("invalid_request", "more than one client authentication method") from None
    except InvalidClient as refused:
        raise _not_known(refused) from None


def _not_known(refused: InvalidClient) -> Refused:
    """Failures are counted, and beyond the limit not even written down.

    Right credentials are accepted all the same: nobody can shut a partner out.
    """
    verdict = ratelimit.hit("client_authentication", refused.client_id, trace.network())
    if not verdict.allowed:
        why = f"too many failures: wait {verdict.retry_after} seconds"
        return Refused("temporarily_unavailable", why, 429, verdict.retry_after)
    audit.record("client_authentication_failed", partner=refused.client_id, why=str(refused))
    return Refused("invalid_client", str(refused), status=401)


@csrf_exempt
@cors.open_to_public_clients("POST")
@sensitive_post_parameters()
@require_POST
def token(http: HttpRequest) -> HttpResponse:
    """One transaction: the engine locks what it redeems, and a refusal keeps what it wrote down."""
    cors.answers_to(http, http.POST.get("client_id", ""))
    try:
        relying_party, values = caller(http, TOKEN_PARAMETERS)
        _check_grant_type(values.get("grant_type", ""))
        with transaction.atomic():
            return _redeem(dot.Exchange(relying_party), values)
    except Refused as error:
        return refusal(error)


def _check_grant_type(grant_type: str) -> None:
    if not grant_type:
        raise Refused("invalid_request", "grant_type: missing")
    if grant_type not in dot.GRANT_TYPES:
        raise Refused(
            "unsupported_grant_type", f"grant_type: expected {' or '.join(dot.GRANT_TYPES)}"
        )


def _redeem(exchange: dot.Exchange, values: dict[str, str]) -> HttpResponse:
    """Errors before anything was saved are answers: the counted failure or revocation stays."""
    try:
        _headers, body, status = dot.create_token_response(exchange, values)
    except OAuth2Error as error:
        body, status = error.json, 400
    content = json.loads(body)
    if status == 200:
        return answer(content)
    return refusal(Refused(content["error"], DESCRIPTIONS.get(content["error"], content["error"])))


@csrf_exempt
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
    """A refresh token takes all of its grant with it; an access token, those made before it too."""
    refresh, access = (bearer.read(kind, text) for kind in (bearer.REFRESH, bearer.ACCESS))
    token = refresh or access
    if token is None:
        return
    mine = Grant.objects.filter(pk=token.grant_id, application=relying_party)
    with transaction.atomic():
        if grants.revoke(mine) if refresh else _revoke_access(mine, token):
            audit.record("token_revoked", partner=relying_party.client_id)


def _revoke_access(mine: QuerySet[Grant], token: bearer.Token) -> int:
    earlier = Q(access_revoked_at=None) | Q(access_revoked_at__lt=token.moment)
    return mine.filter(earlier, revoked_at=None).update(access_revoked_at=token.moment)
