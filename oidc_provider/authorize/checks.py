"""What an authorization request must be: one rule, one function, in the order of CHECKS.

``Displayed``: the partner or its redirect_uri is not sure, so the browser is never sent anywhere;
the person sees a page, and the partner what to correct. ``Redirected``: the partner gets the
error by the response mode that it asked for. Descriptions are for developers, in ASCII.
"""

import json
import re

from oidc_provider.authorize import pending
from oidc_provider.authorize.request import (
    DEFAULT_RESPONSE_MODE,
    RESPONSE_MODES,
    AuthorizationRequest,
)
from oidc_provider.claims import acr, id_tokens
from oidc_provider.claims.table import SCOPES
from oidc_provider.grants import pkce
from oidc_provider.wire.native_addresses import is_among, takes_a_form
from oidc_provider.wire.parameters import MAX_CARRIED, told

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
MAX_AGE = re.compile(r"[0-9]{1,9}")


class Displayed(Exception):
    """The request is answered by a page of ours. ``reason`` names the page's words."""

    def __init__(self, reason: str, description: str, *, authorization: AuthorizationRequest):
        super().__init__(description)
        self.reason = reason
        self.description = description
        self.authorization = authorization


class Redirected(Exception):
    """The request is answered to the partner with an error code (RFC 6749, section 4.1.2.1)."""

    def __init__(self, error: str, description: str):
        super().__init__(description)
        self.error = error
        self.description = description


def check_relying_party(request: AuthorizationRequest) -> None:
    """RFC 6749, section 4.1.2.1: an unknown client MUST NOT cause a redirection."""
    if request.fault("client_id") or not request.client_id:
        raise Displayed(
            "unknown_partner",
            str(request.fault("client_id") or "client_id: missing"),
            authorization=request,
        )
    if request.relying_party is None:
        reason, why = (
            ("partner_gone", "any more") if request.earlier else ("unknown_partner", "here")
        )
        raise Displayed(reason, f"client_id: not registered {why}", authorization=request)


def check_redirect_uri(request: AuthorizationRequest) -> None:
    """Core, section 3.1.2.1: required, equal to a registered one by simple string comparison.

    RFC 8252, section 7.3: a native application's port is not compared.
    """
    fault = request.fault("redirect_uri")
    partner = request.relying_party
    if fault or not is_among(request.redirect_uri, partner.redirect_uris, partner):
        description = fault or (
            "redirect_uri: not registered for this client_id"
            if request.redirect_uri
            else "redirect_uri: missing"
        )
        raise Displayed("unknown_address", str(description), authorization=request)


def check_partner_is_open(request: AuthorizationRequest) -> None:
    """A suspended partner gets nothing, and the person is told so."""
    if not request.relying_party.is_active:
        raise Displayed("partner_closed", "client_id: suspended", authorization=request)


def check_parameters(request: AuthorizationRequest) -> None:
    """RFC 6749, section 3.1: request parameters MUST NOT be included more than once."""
    if request.faults:
        raise Redirected("invalid_request", told(request.faults))


def check_response_mode(request: AuthorizationRequest) -> None:
    """OAuth 2.0 Multiple Response Types, section 2.1; Form Post Response Mode, section 2."""
    asked = request.parameters.get("response_mode", DEFAULT_RESPONSE_MODE)
    if asked not in RESPONSE_MODES:
        raise Redirected("invalid_request", "response_mode: expected query or form_post")
    if asked == "form_post" and not takes_a_form(request.redirect_uri):
        raise Redirected("invalid_request", "response_mode: no form reaches this redirect_uri")


def check_request_object(request: AuthorizationRequest) -> None:
    """Core, sections 6.1, 6.2 and 7.2.1: what is not supported is refused by its own error."""
    for name in ("request", "request_uri", "registration"):
        if request.has(name):
            raise Redirected(f"{name}_not_supported", f"{name}: not supported here")


def check_response_type(request: AuthorizationRequest) -> None:
    """RFC 6749, section 3.1.1: required. RFC 9700, section 2.1.2: code, and nothing else."""
    if not request.response_type:
        raise Redirected("invalid_request", "response_type: missing")
    if request.response_type != "code":
        raise Redirected("unsupported_response_type", "response_type: expected code")


def check_scope(request: AuthorizationRequest) -> None:
    """Core, section 3.1.2.1: openid is required; scopes that are not understood are ignored.

    A scope of ours that the partner is not registered for is refused, not dropped: the partner
    would miss claims and not know why.
    """
    if "openid" not in request.scopes:
        raise Redirected("invalid_scope", "scope: openid is missing")
    for scope in sorted(request.scopes & SCOPES.keys() - request.relying_party.scopes):
        if scope != "offline_access":  # Core, section 11: ignored when it cannot be had
            raise Redirected(
                "invalid_scope", f"scope: {scope} is not registered for this client_id"
            )


def check_prompt(request: AuthorizationRequest) -> None:
    """Core, section 3.1.2.1: none with any other value is an error."""
    if request.prompt - PROMPTS:
        raise Redirected("invalid_request", "prompt: expected none, login, consent, select_account")
    if request.silent and request.prompt - {"none"}:
        raise Redirected("invalid_request", "prompt: none stands alone")


def check_max_age(request: AuthorizationRequest) -> None:
    """Core, section 3.1.2.1: a number of seconds."""
    if not MAX_AGE.fullmatch(request.parameters.get("max_age", "0")):
        raise Redirected("invalid_request", "max_age: expected a number of seconds")


def check_claims(request: AuthorizationRequest) -> None:
    """Core, section 5.5: a JSON object of JSON objects, each member an object or null."""
    try:
        claims = json.loads(request.parameters.get("claims", "{}"))
    except (ValueError, RecursionError):
        raise Redirected("invalid_request", "claims: not JSON") from None
    if not isinstance(claims, dict):
        raise Redirected("invalid_request", "claims: expected a JSON object")
    for place in ("userinfo", "id_token"):
        members = {} if claims.get(place) is None else claims[place]
        if not isinstance(members, dict) or not all(
            member is None or isinstance(member, dict) for member in members.values()
        ):
            raise Redirected("invalid_request", f"claims: {place} is malformed")


def check_values(request: AuthorizationRequest) -> None:
    """Core, sections 5.5.1 and 5.5.1.1: the values of an acr and of a sub are strings."""
    for name in ("acr", "sub"):
        values = request.values_asked(name)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise Redirected("invalid_request", f"claims: id_token.{name} is malformed")


def check_essential_acr(request: AuthorizationRequest) -> None:
    """OpenID Connect Core Error Code unmet_authentication_requirements, section 2.

    What nobody can reach here is refused at the door, before it costs a person a password.
    """
    wanted = request.essential_acr
    if wanted and not any(acr.is_offered(value) for value in wanted):
        raise Redirected(
            "unmet_authentication_requirements",
            f"claims: id_token.acr is not among those offered ({' '.join(acr.OFFERED)})",
        )


def check_id_token_hint(request: AuthorizationRequest) -> None:
    """Core, section 3.1.2.1: an ID Token that this server issued; its age does not matter."""
    try:
        _ = request.hinted_sub
    except id_tokens.InvalidHint:
        raise Redirected("invalid_request", "id_token_hint: not issued here") from None


def check_pkce(request: AuthorizationRequest) -> None:
    """RFC 7636, section 4.4.1; RFC 9700, section 2.1.1: S256 only, required unless exempted."""
    if not request.code_challenge:
        if request.relying_party.require_pkce or request.relying_party.is_public:
            raise Redirected("invalid_request", "code_challenge: required for this client_id")
        if request.has("code_challenge_method"):
            raise Redirected("invalid_request", "code_challenge: missing")
        return
    if request.parameters.get("code_challenge_method", "plain") != "S256":
        raise Redirected("invalid_request", "code_challenge_method: expected S256")
    if not pkce.is_well_formed(request.code_challenge):
        raise Redirected(
            "invalid_request", "code_challenge: expected 43 to 128 unreserved characters"
        )


def check_size(request: AuthorizationRequest) -> None:
    """What the pages of a sign-in cannot carry is refused now, and never lost on the way."""
    if not pending.fits(request):
        raise Redirected("invalid_request", f"request: more than {MAX_CARRIED} characters, packed")


CHECKS = (
    check_relying_party,  # displayed, never redirected
    check_redirect_uri,  # displayed, never redirected
    check_partner_is_open,  # displayed
    check_parameters,
    check_response_mode,
    check_request_object,
    check_response_type,
    check_scope,
    check_prompt,
    check_max_age,
    check_claims,
    check_values,
    check_essential_acr,
    check_id_token_hint,
    check_pkce,
    check_size,
)


def run(request: AuthorizationRequest) -> None:
    """Raises Displayed or Redirected for the first rule that the request breaks."""
    for check in CHECKS:
        check(request)
