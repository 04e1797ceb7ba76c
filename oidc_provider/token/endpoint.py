"""The token endpoint, and revocation (RFC 6749, section 3.2; RFC 7009)."""

from contextlib import nullcontext
from itertools import chain

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from ncconnect import audit
from oidc_provider.claims.subjects import sid_of
from oidc_provider.grants import bearer, lifecycle
from oidc_provider.grants.exchange import GRANTS, Exchange, give
from oidc_provider.grants.refusal import NotGiven
from oidc_provider.models import Grant, RelyingParty
from oidc_provider.partners import client_authentication, cors
from oidc_provider.partners.callers import caller
from oidc_provider.token import dot
from oidc_provider.wire import programs
from oidc_provider.wire.answers import Refused, answer, refusal

TOKEN_PARAMETERS = (
    *client_authentication.PARAMETERS,
    "grant_type",
    *chain.from_iterable(grant_type.parameters for grant_type in GRANTS.values()),
)


@csrf_exempt
@programs.answered
@cors.open_to_public_clients("POST")
@sensitive_post_parameters()
@require_POST
def token(http: HttpRequest) -> HttpResponse:
    """What is used up is locked, and a refusal keeps what it wrote down."""
    try:
        relying_party, values = caller(http, TOKEN_PARAMETERS)
        _check_grant_type(relying_party, values)
        uses_up = GRANTS[values["grant_type"]].uses_up(relying_party)
        with transaction.atomic() if uses_up else nullcontext():
            return _answer(relying_party, values)
    except Refused as error:
        return refusal(error)


def _check_grant_type(relying_party: RelyingParty, values: dict[str, str]) -> None:
    name = values.get("grant_type", "")
    if not name:
        raise Refused("invalid_request", "grant_type: missing")
    if name not in GRANTS:
        raise Refused("unsupported_grant_type", f"grant_type: expected {' or '.join(GRANTS)}")
    needed = GRANTS[name].parameters[0]
    if needed not in values:
        raise Refused("invalid_request", f"{needed}: missing")
    if name not in relying_party.grant_types:
        raise Refused("unauthorized_client", "grant_type: not registered for this client_id")


def _answer(relying_party: RelyingParty, values: dict[str, str]) -> HttpResponse:
    """Errors are answers, and end no transaction: the counted failure or revocation stays."""
    try:
        exchange = dot.dispatch(relying_party, values)
    except NotGiven as error:
        return refusal(Refused(error.code, error.why))
    return answer(give(exchange) | {"session_state": _session_state(exchange)})


def _session_state(exchange: Exchange) -> str:
    """The ``sid`` of the id_token and of logout tokens, by the name that Keycloak has for it.

    As a broker it ends the session that it linked to this member, and none without it.
    """
    return sid_of(exchange.grant.session_id, exchange.partner.client_id)


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
