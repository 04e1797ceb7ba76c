"""The seam with the engine (django-oauth-toolkit and oauthlib): the only file that subclasses it.

The engine runs the token endpoint: which grant, in which order, PKCE, the shape of the answer and
of the id_token. What it must not do the stock way is overridden here, each with its reason.
Everything happens inside one transaction that oidc_provider.token.endpoint opens.
"""

import functools
from dataclasses import dataclass

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.openid import Server as OpenIDServer

from ncconnect import audit
from ncconnect.handles import Handle
from oidc_provider.claims import id_tokens
from oidc_provider.claims.table import SCOPES
from oidc_provider.grants import bearer, causes, redemption
from oidc_provider.grants.lifecycle import family_end, revoke
from oidc_provider.keys import keyring
from oidc_provider.models import Grant, RelyingParty

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
    presented: bearer.Token | None = None  # the refresh token, when it is about one
    why: str = ""  # nothing is given for what was presented


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
    """A refresh token for partners registered for it only; the stock class always gives one.

    Scopes asked for again are those granted, however often and in whatever order they are named.
    """

    def create_token(self, request, refresh_token=False, **kwargs):
        request.scopes = [scope for scope in _given(request) if scope in request.scopes]
        may_refresh = request.client.may_refresh
        return super().create_token(request, refresh_token=refresh_token and may_refresh, **kwargs)


class Server(OpenIDServer):
    """Two grants. Implicit, hybrid, password, client credentials, device: not there at all."""

    def __init__(self, request_validator, *args, **kwargs):
        super().__init__(request_validator, *args, **kwargs)
        # Set here, last: the stock constructor overwrites its own `bearer` at its end.
        self.bearer = Bearer(
            request_validator,
            token_generator=_access_token,
            refresh_token_generator=_refresh_token,
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
    """Our models under the engine: one row a grant, which is consumed and never deleted."""

    # --- The partner: authenticated by partners.client_authentication before the engine runs

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
        """Consumes the code, so that of any number of parallel tries one wins.

        Every rule that binds a code is a condition of that one statement (RFC 6749, section 4.1.3;
        RFC 7636, section 4.6). Each wrong try is counted, and a second use ends what the first one
        gave.
        """
        handle, needed = Handle.read(code), _pkce_is_required(client)
        uri, verifier = request.redirect_uri or "", request.code_verifier or ""
        grant = None
        if handle and (verifier or not needed):
            grant = redemption.redeem(handle, client, uri, verifier)
        if grant is None:
            why = causes.of_code(handle, client, uri, verifier, needed)
            exchange_of(request).why = why
            _not_redeemed(handle, client, why)
            return False
        _attach(request, grant)
        request.nonce = grant.nonce or None
        return True

    def get_code_challenge(self, code, request) -> None:
        """Done by validate_code. The stock method reads the grant again."""

    def is_pkce_required(self, client_id, request) -> bool:
        """Done by validate_code."""
        return False

    def confirm_redirect_uri(self, client_id, code, redirect_uri, client, request, *args, **kwargs):
        """Done by validate_code. The stock method reads the grant again."""
        return True

    def get_authorization_code_nonce(self, client_id, code, redirect_uri, request) -> str | None:
        return exchange_of(request).grant.nonce or None

    def invalidate_authorization_code(self, client_id, code, request, *args, **kwargs) -> None:
        """Done by validate_code. The stock method deletes the grant: a replay goes unnoticed."""

    # --- The refresh token

    def validate_refresh_token(self, refresh_token, client, request, *args, **kwargs) -> bool:
        """Settled by one statement. One used before ends the family (RFC 9700, section 4.14.2)."""
        token = bearer.read(bearer.REFRESH, refresh_token)
        grant = redemption.refresh(token, client) if token else None
        if grant is None:
            exchange_of(request).why = causes.of_refresh_token(token, client)
            _not_rotated(token, client)
            return False
        _attach(request, grant)
        exchange_of(request).presented = token
        return True

    def is_within_original_scope(self, request_scopes, refresh_token, request, *args, **kwargs):
        """Asked when the request names more than was granted: the token is not used up by that.

        What authorize ignores in the same words is ignored here too (authorize.checks): scopes that
        are not understood, and access in absence that cannot be had.
        """
        possible = request.client.possible_scopes
        known = (
            SCOPES.keys() if "offline_access" in possible else SCOPES.keys() - {"offline_access"}
        )
        beyond = known & set(request_scopes) - set(_given(request))
        if beyond:
            redemption.give_back()
        return not beyond

    def get_original_scopes(self, refresh_token, request, *args, **kwargs) -> list[str]:
        return _given(request)

    def refresh_id_token(self, request) -> bool:
        """An id_token with each refresh, unless the scope was narrowed below openid."""
        return "openid" in request.scopes

    # --- What is given

    def save_bearer_token(self, token, request, *args, **kwargs) -> None:
        """Nothing is kept of a token, nor of the id_token: each is verified by itself."""
        exchange = exchange_of(request)
        audit.record(
            "token_refreshed" if exchange.presented else "token_issued",
            user=exchange.grant.subject.user_id,
            partner=request.client.client_id,
            scope=token["scope"],
        )

    def finalize_id_token(self, id_token, token, token_handler, request) -> str:
        """Any algorithm of the ring; the authentication of this session, not the last of all.

        The engine parses its key at each signature, and verifies what it has just signed.
        """
        client = request.client
        claims = id_tokens.build(id_token, exchange_of(request).grant, client.scopes)
        return keyring.sign(claims, algorithm=client.algorithm)


def _pkce_is_required(client: RelyingParty) -> bool:
    return client.require_pkce or client.client_type == RelyingParty.CLIENT_PUBLIC


def _not_redeemed(code: Handle | None, client: RelyingParty, why: str) -> None:
    """A code that was used ends what it gave; a wrong try is counted, up to a number.

    The code survives a few of those: it may not be its partner who tries.
    """
    if code is None:
        return
    grant = Grant.objects.filter(pk=code.id, code=code.digest, application=client)
    found = grant.select_related("subject").first()
    if found is None:
        return
    if found.consumed_at:
        _reused("code_reused", found, client)
    elif found.revoked_at is None and not found.is_expired():
        grant.update(failures=F("failures") + 1)
        revoke(grant.filter(failures__gte=MAX_FAILURES))
        audit.record("token_refused", user=found.subject.user_id, partner=client.client_id, why=why)


def _not_rotated(token: bearer.Token | None, client: RelyingParty) -> None:
    """One that was used before, come back: its family ends."""
    if token is None:
        return
    used = Grant.objects.filter(pk=token.grant_id, application=client, refreshes__gt=token.number)
    if found := used.select_related("subject").first():
        _reused("refresh_token_reused", found, client)


def _reused(event: str, grant: Grant, client: RelyingParty) -> None:
    """RFC 6749, section 4.1.2: a second use SHOULD revoke all tokens of the first."""
    if revoke(Grant.objects.filter(pk=grant.pk)):
        audit.record(event, user=grant.subject.user_id, partner=client.client_id)


def _attach(request: Request, grant: Grant) -> None:
    exchange_of(request).grant = grant
    request.scopes = _given(request)


def _given(request: Request) -> list[str]:
    exchange = exchange_of(request)
    return exchange.relying_party.still_given(exchange.grant.scopes)


def _access_token(request: Request) -> str:
    grant = exchange_of(request).grant
    # What a registration has lost is asked at each use: only what the partner itself left out is
    # said in the token, which names no claims then.
    narrowed = "" if request.scopes == _given(request) else " ".join(request.scopes)
    return bearer.write(
        bearer.ACCESS, bearer.Token(grant.pk, timezone.now(), request.expires_in, narrowed)
    )


def _refresh_token(request: Request) -> str:
    """The one that is good from now on. All of a family end at one moment."""
    exchange = exchange_of(request)
    grant, former = exchange.grant, exchange.presented
    end = former.moment if former else family_end(grant)
    return bearer.write(bearer.REFRESH, bearer.Token(grant.pk, end, grant.refreshes))


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
