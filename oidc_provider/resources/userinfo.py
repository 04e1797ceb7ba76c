"""The userinfo endpoint (Core, section 5.3)."""

import json
from collections.abc import Set
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import Details, Identity, User
from ncconnect import rows
from oidc_provider.claims import table
from oidc_provider.grants import bearer, standing
from oidc_provider.keys import keyring
from oidc_provider.models import Grant
from oidc_provider.partners import cors
from oidc_provider.resources import release
from oidc_provider.wire import programs

# What claims are read from (oidc_provider.claims.table).
PERSON = ("id", "email", "language", "created_at", "updated_at", "activated_at")
IDENTITY = (
    "user",
    "given_names",
    "family_name",
    "usage_name",
    "birthdate",
    "gender",
    "birthplace",
    "birthcountry",
    "level",
    "updated_at",
)
DETAILS = (
    *("user", "middle_name", "nickname", "profile", "picture", "website", "zoneinfo"),
    *("phone_number", "phone_number_verified", "formatted", *Details.ADDRESS),
    "updated_at",
)
LOAD = f"""
SELECT given.scope, given.claims, given.released, known.sub,
    partner.scope, partner.client_id, partner.userinfo_algorithm,
    {rows.columns(User, "person", PERSON)}, {rows.columns(Identity, "identity", IDENTITY)},
    {rows.columns(Details, "details", DETAILS)}
FROM oidc_provider_grant AS given
JOIN oidc_provider_subjectidentifier AS known ON known.id = given.subject_id
JOIN oidc_provider_relyingparty AS partner ON partner.id = given.application_id
JOIN accounts_user AS person ON person.id = known.user_id
LEFT JOIN accounts_identity AS identity ON identity.user_id = person.id
LEFT JOIN accounts_details AS details ON details.user_id = person.id
WHERE given.id = %(id)s AND given.revoked_at IS NULL
    AND (given.access_revoked_at IS NULL OR given.access_revoked_at < %(moment)s)
    AND partner.is_active AND person.is_active AND person.activated_at IS NOT NULL
    AND {standing.LASTS}
"""  # noqa: S608  (column names of our own)


@dataclass(frozen=True)
class Bearer:
    """What a live access token says: for whom, about whom, to whom."""

    grant_id: UUID
    released: bytes | None  # (resources.release)
    names: Set[str]  # of the claims that it gives
    sub: str
    client_id: str
    algorithm: str
    person: User


class InvalidToken(Exception):
    """RFC 6750, section 3.1: absent, unknown, expired or revoked."""


class InsufficientScope(Exception):
    """RFC 6750, section 3.1: the partner narrowed this token below openid, which userinfo is of."""


class InvalidRequest(Exception):
    """RFC 6750, section 3.1: the token is presented in more than one way, or in the address."""


@csrf_exempt
@programs.answered
@cors.open_to_public_clients("GET", "POST")
@sensitive_post_parameters("access_token")
@require_http_methods(["GET", "POST"])
def userinfo(http: HttpRequest) -> HttpResponse:
    try:
        token = _load(_presented(http))
    except InvalidRequest as error:
        return _refused(400, f'Bearer error="invalid_request", error_description="{error}"')
    except InsufficientScope:
        return _refused(403, 'Bearer error="insufficient_scope", scope="openid"')
    except InvalidToken as error:
        known = f' error="invalid_token", error_description="{error}"' if str(error) else ""
        return _refused(401, f'Bearer realm="NC Connect"{"," if known else ""}{known}')
    cors.answers_to(http, token.client_id)
    response = _written(token)
    response["Cache-Control"] = "no-store"
    return response


def _presented(http: HttpRequest) -> str:
    """RFC 6750, sections 2.1 and 2.2: the header, or the form body of a POST; never the address."""
    if http.META.get("QUERY_STRING") and "access_token" in http.GET:
        raise InvalidRequest("the token must not be in the address")
    scheme, _, header = http.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    sent = http.POST.getlist("access_token")
    if scheme.lower() == "bearer":
        sent = [*sent, header.strip()]
    if len(sent) > 1:
        raise InvalidRequest("the token is sent more than once")
    if not sent:
        raise InvalidToken
    [token] = sent
    return token


def _load(text: str) -> Bearer:
    """One narrow statement: the grant of this token, the person and the partner, all still there.

    A token that we never made, or that has expired, costs none.
    """
    token, now = bearer.read(bearer.ACCESS, text), timezone.now()
    if token is None or token.expires <= now:
        raise InvalidToken("unknown, expired or revoked")
    if token.scope and "openid" not in token.scope.split():
        raise InsufficientScope
    values = {
        "id": rows.value(Grant, "id", token.grant_id),
        "moment": rows.value(Grant, "access_revoked_at", token.moment),
        "now": rows.value(Grant, "expires", now),
    }
    row = rows.first(LOAD, values)
    if row is None:
        raise InvalidToken("unknown, expired or revoked")
    scope, claims, released, sub, registered, client_id, algorithm, *values = row
    # What was taken from the partner's registration since is not given any more.
    names = _names(token, scope, claims) & table.names_for(registered.split())
    released = released and bytes(released)  # PostgreSQL gives a view of it
    return Bearer(token.grant_id, released, names, sub, client_id, algorithm, _person(values))


def _names(token: bearer.Token, scope: str, claims: str) -> Set[str]:
    """The claims of the scopes, and those that were asked for by name; of a narrowed token, the
    first alone."""
    if token.scope:
        return table.names_for(token.scope.split())
    return table.names_for(scope.split()) | set(json.loads(claims).get("userinfo", ()))


def _person(values: list) -> User:
    """Who these columns are about; without a row of the identity or the details, an empty one."""
    read = iter(values)
    person, identity, details = (
        _built(model, list(islice(read, rows.width(model, names))), names)
        for model, names in ((User, PERSON), (Identity, IDENTITY), (Details, DETAILS))
    )
    person._state.fields_cache.update(identity=identity, details=details)
    return person


def _built(model: type[Model], values: list, names: tuple[str, ...]) -> Model:
    """The key comes first; there is none where there is no row."""
    key, *_rest = values
    return rows.blank(model) if key is None else rows.built(model, values, names)


def _written(bearer: Bearer) -> HttpResponse:
    """JSON, or a signed JWT for the partners registered for it (Core, section 5.3.2)."""
    told = table.read(bearer.person, bearer.names)
    release.note(
        bearer.grant_id,
        bearer.released,
        names=told.keys(),
        user=bearer.person.pk,
        partner=bearer.client_id,
    )
    content = {"sub": bearer.sub} | told
    if not bearer.algorithm:
        return HttpResponse(
            json.dumps(content, ensure_ascii=False), content_type="application/json"
        )
    content |= {"iss": settings.ISSUER, "aud": bearer.client_id}
    signed = keyring.sign(content, algorithm=bearer.algorithm)
    return HttpResponse(signed, content_type="application/jwt")


def _refused(status: int, challenge: str) -> HttpResponse:
    response = HttpResponse(status=status, content_type="application/json")
    response["WWW-Authenticate"] = challenge
    response["Cache-Control"] = "no-store"
    return response
