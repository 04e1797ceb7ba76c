"""Discovery and JWKS: derived from the tables that the code itself uses, as bytes made once."""

import functools
import hashlib
import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from oidc_provider.authorize.checks import PROMPTS
from oidc_provider.authorize.request import RESPONSE_MODES
from oidc_provider.claims.acr import OFFERED
from oidc_provider.claims.table import CLAIMS, SCOPES
from oidc_provider.grants.exchange import GRANTS
from oidc_provider.keys import keyring
from oidc_provider.models import RelyingParty
from oidc_provider.partners import cors
from oidc_provider.partners.client_assertions import ALGORITHMS as ASSERTION_ALGORITHMS
from oidc_provider.partners.client_authentication import METHODS

MAX_AGE = 3600  # seconds that a partner may keep the keys: a new one is published this long before


def _address(name: str) -> str:
    """An endpoint's public address: from the configuration, never from a request."""
    return f"{settings.ORIGIN}{reverse(name)}"


def metadata() -> dict:
    """OpenID Connect Discovery, section 3; RFC 8414, section 2; RFC 9207, section 3.

    One document for the addresses of both: their members come from one registry.
    """
    return {
        "issuer": settings.ISSUER,
        "authorization_endpoint": _address("oidc:authorize"),
        "token_endpoint": _address("oidc:token"),
        "userinfo_endpoint": _address("oidc:userinfo"),
        "jwks_uri": _address("oidc:jwks"),
        "end_session_endpoint": _address("oidc:end_session"),
        "revocation_endpoint": _address("oidc:revoke"),
        "introspection_endpoint": _address("oidc:introspect"),
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": list(GRANTS),
        "subject_types_supported": RelyingParty.SubjectType.values,
        "acr_values_supported": [*OFFERED],
        "id_token_signing_alg_values_supported": list(keyring.ALGORITHMS),
        "userinfo_signing_alg_values_supported": list(keyring.ALGORITHMS),
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": [m for m in METHODS if m != "none"],
        "introspection_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "acr",
            "amr",
            "sid",
            *CLAIMS,
        ],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
        "prompt_values_supported": sorted(PROMPTS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        # Back-Channel Logout, section 2.1.
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "ui_locales_supported": [code for code, _name in settings.LANGUAGES],
        "service_documentation": _address("documentation"),
        "op_policy_uri": _address("privacy"),
        "op_tos_uri": _address("terms"),
    }


@functools.cache
def _document() -> bytes:
    return json.dumps(metadata(), separators=(",", ":")).encode()


@cors.open_to_everybody
@require_safe
def configuration(http: HttpRequest) -> HttpResponse:
    return public_document(http, _document(), MAX_AGE)


@cors.open_to_everybody
@require_safe
def jwks(http: HttpRequest) -> HttpResponse:
    return public_document(http, keyring.ring().jwks, MAX_AGE)


def public_document(http: HttpRequest, body: bytes, max_age: int) -> HttpResponse:
    """The same bytes for everyone: nothing here is about a person."""
    response = HttpResponse(body, content_type="application/json")
    response["Content-Length"] = len(body)
    response["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response["Cache-Control"] = f"public, max-age={max_age}"
    # A proxy that compresses makes the tag weak: compared as RFC 9110, section 13.1.2, has it.
    return get_conditional_response(http, etag=response["ETag"], response=response)
