"""The seam with the engine (django-oauth-toolkit and oauthlib): the only file that subclasses it.

The engine runs the token endpoint: which grant, in which order, PKCE, the shape of the answer and
of the id_token. What it must not do the stock way is overridden here, each with its reason.
Everything happens inside one transaction that oidc_provider.tokens opens.
"""

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.grant_types.authorization_code import code_challenge_method_s256
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.openid import Server as OpenIDServer

from ncconnect import audit
from oidc_provider import codes, id_tokens, keys
from oidc_provider.claims import SCOPES
from oidc_provider.grants import digest, family_time, new_token, revoke
from oidc_provider.models import AccessToken, Grant, RefreshToken, RelyingParty

GRANT_TYPES = ("authorization_code", "refresh_token")
MAX_FAILURES = 3  # wrong tries that a code survives
_CHANNEL = "x-exchange"


@dataclass
class Exchange:
    """One call of the token endpoint: who calls, and the grant that it turned out to be about.

    It rides in the headers: at this point an oauthlib request has no other place for a value of
    ours, and whatever can be iterated over is mangled there.
    """

    relying_party: RelyingParty
    grant: Grant | None = None
    refresh_token: RefreshToken | None = None


def exchange_of(request: Request) -> Exchange:
    return request.headers[_CHANNEL]


class Scopes(BaseScopes):
    """Scopes come from our table, and each partner has its own. The stock default: all."""

    def get_all_scopes(self) -> dict[str, str]:
        """Without descriptions: what a person reads of them is on our pages."""
        return dict.fromkeys(SCOPES, "")

    def get_available_scopes(self, application=None, request=None, *args, **kwargs) -> list[str]:
        return [name for name in SCOPES if application is None or name in application.scopes]

    def get_default_scopes(self, application=None, request=None, *args, **kwargs) -> list[str]:
        return ["openid"]


class Bearer(BearerToken):
    """A refresh token for partners registered for it only; the stock class always gives one."""

    def create_token(self, request, refresh_token=False, **kwargs):
        may_refresh = request.client.may_refresh
        return super().create_token(request, refresh_token=refresh_token and may_refresh, **kwargs)


class Server(OpenIDServer):
    """Two grants. Implicit, hybrid, password, client credentials, device: not there at all."""

    def __init__(self, request_validator, *args, **kwargs):
        super().__init__(request_validator, *args, **kwargs)
        # Set here, last: the stock constructor overwrites its own `bearer` at its end.
        self.bearer = Bearer(
            request_validator,
            token_generator=lambda request: new_token(),
            expires_in=lambda request: request.client.access_token_lifetime,
        )
        self._default_token_type = self.bearer
        # openid is required of every authorization request, so no grant needs to be read to
        # find out which handler it is for.
        self._grant_types = {
            "authorization_code": self.openid_connect_auth,
            "refresh_token": self.refresh_grant,
        }
        self._response_types = {}


class Validator(OAuth2Validator):
    """Our models under the engine: digests, one locked read of the grant, consumed, not deleted."""

    # --- The partner: authenticated by oidc_provider.client_authentication before the engine runs

    def client_authentication_required(self, request, *args, **kwargs) -> bool:
        return True

    def authenticate_client(self, request, *args, **kwargs) -> bool:
        request.client = exchange_of(request).relying_party
        request.client_id = request.client.client_id
        return True

    def validate_grant_type(self, client_id, grant_type, client, request, *args, **kwargs) -> bool:
        """The stock method asserts, which is a 500 for a grant type that it does not know."""
        return grant_type in GRANT_TYPES and grant_type in client.grant_types

    # --- The code

    def validate_code(self, client_id, code, client, request, *args, **kwargs) -> bool:
        """Consumes the code first, so that of any number of parallel tries one wins.

        Every rule that binds a code is here (RFC 6749, section 4.1.3; RFC 7636, section 4.6),
        so that each wrong try is counted. A second use ends what the first one gave.
        """
        grant = codes.consume(code, client)
        if grant is None:
            _look_for_reuse(code, client)
            return False
        if not _matches(grant, request):
            _count_failure(grant, client)
            return False
        _attach(request, grant)
        request.nonce = grant.nonce or None
        return True

    def get_code_challenge(self, code, request) -> str | None:
        return exchange_of(request).grant.code_challenge or None

    def get_code_challenge_method(self, code, request) -> str | None:
        return exchange_of(request).grant.code_challenge_method or None

    def is_pkce_required(self, client_id, request) -> bool:
        """Per partner. The engine compares with ``is True``."""
        return bool(request.client.require_pkce) or request.client.client_type == "public"

    def confirm_redirect_uri(self, client_id, code, redirect_uri, client, request, *args, **kwargs):
        return redirect_uri == exchange_of(request).grant.redirect_uri

    def get_authorization_code_nonce(self, client_id, code, redirect_uri, request) -> str | None:
        return exchange_of(request).grant.nonce or None

    def invalidate_authorization_code(self, client_id, code, request, *args, **kwargs) -> None:
        """Done by validate_code. The stock method deletes the grant: a replay goes unnoticed."""

    # --- The refresh token

    def validate_refresh_token(self, refresh_token, client, request, *args, **kwargs) -> bool:
        """Locks the token and its grant. A consumed one ends the family (RFC 9700, 4.14.2)."""
        token = _locked_refresh_token(refresh_token)
        if token is None or token.grant.application_id != client.pk:
            return False
        if token.consumed_at:
            _reused("refresh_token_reused", token.grant, client)
            return False
        if not _usable(token.grant) or token.is_expired():
            return False
        _attach(request, token.grant)
        exchange_of(request).refresh_token = token
        return True

    def get_original_scopes(self, refresh_token, request, *args, **kwargs) -> list[str]:
        return exchange_of(request).grant.scopes

    def refresh_id_token(self, request) -> bool:
        """An id_token with each refresh, unless the scope was narrowed below openid."""
        return "openid" in request.scopes

    # --- What is given

    def save_bearer_token(self, token, request, *args, **kwargs) -> None:
        """Digests only, and no row for the id_token: it is verified by its signature."""
        exchange = exchange_of(request)
        grant, now = exchange.grant, timezone.now()
        AccessToken.objects.create(
            token_checksum=digest(token["access_token"]),
            grant=grant,
            scope=token["scope"],
            expires=now + timedelta(seconds=token["expires_in"]),
        )
        if "refresh_token" in token:
            _save_refresh_token(exchange, token["refresh_token"], now)
        event = "token_refreshed" if exchange.refresh_token else "token_issued"
        audit.record(
            event, user=grant.user_id, partner=request.client.client_id, scope=token["scope"]
        )

    def finalize_id_token(self, id_token, token, token_handler, request) -> str:
        """Any algorithm of the ring; the authentication of this session, not the last of all.

        The engine parses its key at each signature, and verifies what it has just signed.
        """
        claims = id_tokens.build(id_token, exchange_of(request).grant)
        return keys.sign(claims, algorithm=request.client.algorithm)


def _locked_refresh_token(token: str) -> RefreshToken | None:
    return (
        RefreshToken.objects.select_for_update(of=("self", "grant"))
        .select_related("grant__user", "grant__subject")
        .filter(token_checksum=digest(token))
        .first()
    )


def _usable(grant: Grant) -> bool:
    """Is what the grant rests on still there: the person, the grant itself?"""
    return grant.revoked_at is None and grant.user.is_active and grant.user.is_activated


def _matches(grant: Grant, request: Request) -> bool:
    """redirect_uri and PKCE. A verifier is needed if, and only if, a challenge was sent."""
    if request.redirect_uri != grant.redirect_uri:
        return False
    if not grant.code_challenge or not request.code_verifier:
        return not grant.code_challenge and not request.code_verifier
    try:
        return code_challenge_method_s256(request.code_verifier, grant.code_challenge)
    except UnicodeEncodeError:
        return False


def _count_failure(grant: Grant, client: RelyingParty) -> None:
    """The code is given back, a few times: it may not be its partner who tries."""
    Grant.objects.filter(pk=grant.pk).update(consumed_at=None, failures=F("failures") + 1)
    if grant.failures + 1 >= MAX_FAILURES:
        revoke(Grant.objects.filter(pk=grant.pk))
    audit.record(
        "token_refused",
        user=grant.user_id,
        partner=client.client_id,
        why="redirect_uri or code_verifier",
    )


def _look_for_reuse(code: str, client: RelyingParty) -> None:
    used = Grant.objects.filter(code=digest(code), application=client, consumed_at__isnull=False)
    if grant := used.first():
        _reused("code_reused", grant, client)


def _reused(event: str, grant: Grant, client: RelyingParty) -> None:
    """RFC 6749, section 4.1.2: a second use SHOULD revoke all tokens of the first."""
    if revoke(Grant.objects.filter(pk=grant.pk)):
        audit.record(event, user=grant.user_id, partner=client.client_id)


def _attach(request: Request, grant: Grant) -> None:
    exchange_of(request).grant = grant
    request.scopes = grant.scopes


def _save_refresh_token(exchange: Exchange, token: str, now: datetime) -> None:
    """The next of the family. All of a family end at one moment, however often it is refreshed."""
    previous, grant = exchange.refresh_token, exchange.grant
    if previous is None:
        end = now + family_time(grant.offline)
        RefreshToken.objects.create(token_checksum=digest(token), grant=grant, expires=end)
        return
    following = RefreshToken(token_checksum=digest(token), grant=grant, expires=previous.expires)
    # One statement for both: the former token is there already, and only becomes a consumed one.
    previous.pk, previous.consumed_at = None, now
    RefreshToken.objects.bulk_create(
        [previous, following],
        update_conflicts=True,
        unique_fields=["token_checksum"],
        update_fields=["consumed_at"],
    )


@functools.cache
def server() -> Server:
    """The engine's token endpoint; it keeps nothing between two requests."""
    return Server(Validator())


def create_token_response(exchange: Exchange, parameters: dict[str, str]) -> tuple[dict, str, int]:
    """Let the engine answer: headers, JSON text, status. Raises oauthlib's OAuth2Error."""
    return server().create_token_response(
        settings.ISSUER,
        http_method="POST",
        body=list(parameters.items()),
        headers={_CHANNEL: exchange},
    )


__all__ = ["GRANT_TYPES", "Exchange", "Scopes", "Server", "Validator", "create_token_response"]
