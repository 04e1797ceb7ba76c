"""The userinfo endpoint (Core, section 5.3)."""

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from oidc_provider import claims, grants, keys
from oidc_provider.models import AccessToken
from oidc_provider.parameters import MAX_LENGTH


class InvalidToken(Exception):
    """RFC 6750, section 3.1: absent, unknown, expired or revoked."""


class InvalidRequest(Exception):
    """RFC 6750, section 3.1: the token is presented in more than one way, or in the address."""


@csrf_exempt
@sensitive_post_parameters("access_token")
@require_http_methods(["GET", "POST"])
def userinfo(http: HttpRequest) -> HttpResponse:
    try:
        token = _load(_presented(http))
    except InvalidRequest as error:
        return _refused(400, f'Bearer error="invalid_request", error_description="{error}"')
    except InvalidToken as error:
        known = f' error="invalid_token", error_description="{error}"' if str(error) else ""
        return _refused(401, f'Bearer realm="NC Connect"{"," if known else ""}{known}')
    response = _written(token)
    response["Cache-Control"] = "no-store"
    return response


def _presented(http: HttpRequest) -> str:
    """RFC 6750, sections 2.1 and 2.2: the header, or the form body of a POST; never the address."""
    if "access_token" in http.GET:
        raise InvalidRequest("the token must not be in the address")
    scheme, _, header = http.headers.get("Authorization", "").partition(" ")
    sent = http.POST.getlist("access_token")
    if scheme.lower() == "bearer":
        sent = [*sent, header.strip()]
    if len(sent) > 1:
        raise InvalidRequest("the token is sent more than once")
    if not sent:
        raise InvalidToken
    return sent[0]


def _load(token: str) -> AccessToken:
    """One statement: the token, its grant, the person and the partner, all still there."""
    if len(token) > MAX_LENGTH or not token.isascii():
        raise InvalidToken("unknown token")
    found = (
        AccessToken.objects.select_related(
            "grant__user__identity", "grant__subject", "grant__application"
        )
        .filter(token_checksum=grants.digest(token))
        .first()
    )
    if found is None or not grants.alive(found) or not found.grant.application.is_active:
        raise InvalidToken("unknown, expired or revoked")
    return found


def _written(token: AccessToken) -> HttpResponse:
    """JSON, or a signed JWT for the partners registered for it (Core, section 5.3.2)."""
    grant = token.grant
    names = claims.names_for(token.scope.split())
    content = {"sub": grant.subject.sub} | claims.read(grant.user, names)
    algorithm = grant.application.userinfo_algorithm
    if not algorithm:
        return HttpResponse(
            json.dumps(content, ensure_ascii=False), content_type="application/json"
        )
    content |= {"iss": settings.ISSUER, "aud": grant.application.client_id}
    return HttpResponse(keys.sign(content, algorithm=algorithm), content_type="application/jwt")


def _refused(status: int, challenge: str) -> HttpResponse:
    response = HttpResponse(status=status, content_type="application/json")
    response["WWW-Authenticate"] = challenge
    response["Cache-Control"] = "no-store"
    return response
