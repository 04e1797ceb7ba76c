"""The plan Config OP: discovery, as it is announced."""

import re

from tests.spec.conformance import checks

LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
REQUIRED = {
    *("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"),
    *("response_types_supported", "subject_types_supported"),
    *("id_token_signing_alg_values_supported", "scopes_supported", "claims_supported"),
}
# OpenID Connect Discovery 1.0, section 3; RFC 8414; RFC 9207; RP-Initiated and Back-Channel Logout.
KNOWN = REQUIRED | {
    *("end_session_endpoint", "revocation_endpoint", "introspection_endpoint"),
    *("response_modes_supported", "grant_types_supported", "acr_values_supported"),
    *("userinfo_signing_alg_values_supported", "token_endpoint_auth_methods_supported"),
    "token_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    *("display_values_supported", "claim_types_supported", "claims_parameter_supported"),
    *("request_parameter_supported", "request_uri_parameter_supported"),
    *("require_request_uri_registration", "prompt_values_supported"),
    *("code_challenge_methods_supported", "authorization_response_iss_parameter_supported"),
    *("ui_locales_supported", "claims_locales_supported", "service_documentation"),
    *("op_policy_uri", "op_tos_uri"),
    *("backchannel_logout_supported", "backchannel_logout_session_supported"),
}


def test_oidcc_discovery_endpoint_verification(suite):
    """Discovery, 3 and 4: all that is required, nothing unknown (a warning), https throughout."""
    answered, metadata = suite.discovery_answer, suite.metadata
    assert answered.status_code == 200
    assert answered["Content-Type"].partition(";")[0] == "application/json"
    assert metadata["issuer"] == suite.site.issuer
    assert set(metadata) >= REQUIRED
    assert not set(metadata) - KNOWN
    assert checks.https_only(metadata)
    check_values(metadata)


def check_values(metadata: dict) -> None:
    """Each member of its type, and with the values that the module looks for."""
    for name, value in metadata.items():
        if name.endswith(("_supported", "_registration")):
            assert isinstance(value, list | bool), name
            assert value != [], name
    assert metadata["response_types_supported"] == ["code"]
    assert set(metadata["subject_types_supported"]) <= {"public", "pairwise"}
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert all(LOCALE.fullmatch(value) for value in metadata["ui_locales_supported"])
