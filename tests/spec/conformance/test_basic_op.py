"""The plans Basic OP and Form Post OP: the same modules, answered by query and by form_post.

Common to all: discovery and keys first; each answer, ID token and userinfo looked at as in
checks.py. `scopes_supported` and `claims_supported` tell what a module may expect here.
"""

import base64
import json

import pytest
from joserfc import jws

from tests.relying_party import challenge
from tests.spec.conformance import checks
from tests.spec.conformance.suite import CLIENTS, EMAIL, PERSON, Suite

# The claims of each scope (Core, section 5.4): the module warns unless the person has every one.
STANDARD = {
    "profile": {
        *("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username"),
        *("profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale"),
        "updated_at",
    },
    "email": {"email", "email_verified"},
    "phone": {"phone_number", "phone_number_verified"},
    "address": {"address"},
}
OF_OUR_OWN = {"profile": {"first_name", "verified"}}


@pytest.fixture(params=[None, "form_post"], ids=["basic", "form_post"])
def response_mode(request):
    return request.param


def scoped(suite, scope: str, **changes) -> dict:
    """Userinfo after a request with this scope; the ID token holds none of it (a warning)."""
    tokens = suite.tokens(scope=scope, **changes)
    return checks.check_userinfo(suite.userinfo(tokens["access_token"]), tokens)


def check_scopes(suite, *scopes: str) -> dict:
    """Userinfo holds every claim of these scopes, and no other; discovery announces them."""
    expected = set().union(*(STANDARD[name] | OF_OUR_OWN.get(name, set()) for name in scopes))
    assert set(suite.metadata["scopes_supported"]) >= set(scopes)
    assert set(suite.metadata["claims_supported"]) >= expected
    info = scoped(suite, " ".join(["openid", *scopes]))
    assert set(info) == {"sub"} | expected
    return info


def test_oidcc_server(suite):
    """The happy flow (Core, 3.1): code, tokens, ID token, userinfo, each as in checks.py."""
    tokens = suite.tokens()
    info = checks.check_userinfo(suite.userinfo(tokens["access_token"]), tokens)
    assert set(info) == {"sub"}


def test_oidcc_response_type_missing(suite):
    """RFC 6749, 3.1.1: an error page, or invalid_request or unsupported_response_type."""
    answered = suite.authorizes(response_type=None)
    checks.check_refusal(suite, answered, "invalid_request", "unsupported_response_type")
    assert suite.shown == []


def test_oidcc_idtoken_signature(suite):
    """Core, 2 and 10.1: RS256 by default, and a kid when there are several keys."""
    header = jws.extract_compact(suite.tokens()["id_token"].encode()).headers()
    kids = [key["kid"] for key in suite.keys().as_dict()["keys"] if key.get("alg") == "RS256"]
    assert header["alg"] == "RS256"
    assert header["kid"] in kids


def test_oidcc_idtoken_unsigned(suite):
    """Core, 2: none only where a client registered for it, which nobody can here."""
    for name, values in suite.metadata.items():
        assert not (name.endswith("alg_values_supported") and "none" in values)


def test_oidcc_userinfo_get(suite):
    """Core, 5.3.1: the access token in the header of a GET."""
    assert scoped(suite, "openid profile email").keys() >= {"sub", "email"}


def test_oidcc_userinfo_post_header(suite):
    """Core, 5.3.1: the same by POST."""
    tokens = suite.tokens()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    answered = suite.back.post(suite.metadata["userinfo_endpoint"], {}, headers=bearer)
    checks.check_userinfo(answered, tokens)


def test_oidcc_userinfo_post_body(suite):
    """RFC 6750, 2.2: the access token in the form body (not taken: a warning)."""
    tokens = suite.tokens()
    body = {"access_token": tokens["access_token"]}
    answered = suite.back.post(suite.metadata["userinfo_endpoint"], body)
    checks.check_userinfo(answered, tokens)


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(suite):
    """Core, 3.1.2.1: nonce is OPTIONAL; the ID token has none then."""
    assert "nonce" not in suite.tokens(nonce=None)["claims"]


def test_oidcc_scope_profile(suite):
    """Core, 5.4: all the claims of profile, from userinfo."""
    info = check_scopes(suite, "profile")
    assert info["name"] == "Jean-Marie Wapone Tein"
    given = ("family_name", "nickname", "picture", "zoneinfo", "locale", "birthdate")
    assert {name: info[name] for name in given} == {name: PERSON[name] for name in given}


def test_oidcc_scope_email(suite):
    """Core, 5.4: email and email_verified, from userinfo."""
    info = check_scopes(suite, "email")
    assert info == {"sub": info["sub"], "email": EMAIL, "email_verified": True}


def test_oidcc_scope_address(suite):
    """Core, 5.4 and 5.1.1: address, from userinfo."""
    address = check_scopes(suite, "address")["address"]
    assert address.pop("formatted").split("\n") == [
        "12 rue de l’Exemple",
        "98800 Nouméa",
        "Province Sud",
        "Nouvelle-Calédonie",
    ]
    assert address == PERSON["address"]


def test_oidcc_scope_phone(suite):
    """Core, 5.4: phone_number and phone_number_verified, from userinfo."""
    info = check_scopes(suite, "phone")
    assert (info["phone_number"], info["phone_number_verified"]) == ("+687751234", True)


def test_oidcc_scope_all(suite):
    """Core, 5.4: all of the above at once."""
    check_scopes(suite, "profile", "email", "address", "phone")


def test_oidcc_alternate_happy_flow(suite):
    """Core, 3.1.2.1; OAuth: the order of scopes and of parameters means nothing."""
    request = suite.request(scope="email openid")
    page = suite.automation.posts(
        suite.metadata["authorization_endpoint"], dict(reversed(request.items()))
    )
    code = checks.check_success(suite, suite.arrives(page))
    tokens = checks.check_tokens(suite, suite.exchanges(code))
    info = checks.check_userinfo(suite.userinfo(tokens["access_token"]), tokens)
    assert set(info) == {"sub"} | STANDARD["email"]


def test_oidcc_display_page(suite):
    """Core, 3.1.2.1 and 15.1: no error at least."""
    suite.tokens(display="page")


def test_oidcc_display_popup(suite):
    """Core, 3.1.2.1 and 15.1: no error at least."""
    suite.tokens(display="popup")


def test_oidcc_prompt_login(suite):
    """Core, 3.1.2.1: signed in again, really; auth_time is later, sub the same."""
    first = suite.tokens()["claims"]
    suite.site.passes(1.1)
    suite.shown.clear()
    second = suite.tokens(prompt="login")["claims"]
    assert suite.shown == ["login-title"]
    assert second["auth_time"] > first["auth_time"]
    assert second["sub"] == first["sub"]


def test_oidcc_prompt_none_not_logged_in(suite):
    """Core, 3.1.2.6: an error, no page; a long state comes back as it was."""
    answered = suite.authorizes(prompt="none", state="e" * 128)
    errors = ("login_required", "interaction_required")
    checks.check_refusal(suite, answered, *errors)
    assert suite.shown == []


def test_oidcc_prompt_none_logged_in(suite):
    """Core, 3.1.2.1: a code without any page; the same sub and auth_time."""
    first = suite.tokens()["claims"]
    suite.site.passes(1.1)
    suite.shown.clear()
    second = suite.tokens(prompt="none")["claims"]
    assert suite.shown == []
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


def test_oidcc_max_age_1(suite):
    """Core, 3.1.2.1: older than max_age, so signed in again; auth_time is there, and recent."""
    first = suite.tokens()["claims"]
    suite.site.passes(2)
    suite.shown.clear()
    second = suite.tokens(max_age=1)["claims"]
    assert suite.shown == ["login-title"]
    assert second["auth_time"] > first["auth_time"]
    assert second["iat"] - second["auth_time"] <= 2
    assert second["sub"] == first["sub"]


def test_oidcc_max_age_10000(suite):
    """Core, 3.1.2.1: not older, so no page; auth_time is there both times, and the same."""
    first = suite.tokens(max_age=15_000)["claims"]
    suite.shown.clear()
    second = suite.tokens(max_age=10_000)["claims"]
    assert suite.shown == []
    assert second["auth_time"] == first["auth_time"]


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(suite):
    """Core, 3.1.2.1: other parameters … SHOULD be ignored."""
    suite.tokens(extra="foobar")


def test_oidcc_id_token_hint(suite):
    """Core, 3.1.2.1: prompt=none with a hint of the person signed in gives a code."""
    first = suite.tokens()
    suite.shown.clear()
    second = suite.tokens(prompt="none", id_token_hint=first["id_token"])
    assert suite.shown == []
    assert second["claims"]["sub"] == first["claims"]["sub"]


def test_oidcc_login_hint(suite):
    """Core, 3.1.2.1 and 15.1: no error at least."""
    suite.tokens(login_hint="buffy@localhost.emobix.co.uk")


def test_oidcc_ui_locales(suite):
    """Core, 3.1.2.1: no error for languages that we do not have."""
    suite.tokens(ui_locales="se")


def test_oidcc_claims_locales(suite):
    """Core, 5.2: no error for languages that we do not have."""
    suite.tokens(claims_locales="se")


def test_oidcc_ensure_request_with_acr_values_succeeds(suite):
    """Core, 3.1.2.1: all of acr_values_supported are asked for; one comes back (a warning)."""
    values = suite.metadata["acr_values_supported"]
    assert suite.tokens(acr_values=" ".join(values))["claims"]["acr"] in values


def test_oidcc_codereuse(suite):
    """RFC 6749, 4.1.2 and 5.2: a second use is invalid_grant."""
    code = suite.code()
    checks.check_tokens(suite, suite.exchanges(code))
    checks.check_token_refusal(suite.exchanges(code), "invalid_grant")


@pytest.mark.parametrize("site", ["in_process"], indirect=True)  # half a minute goes by
def test_oidcc_codereuse_30seconds(suite):
    """RFC 6749, 4.1.2: … SHOULD revoke all tokens previously issued (else a warning)."""
    code = suite.code()
    tokens = checks.check_tokens(suite, suite.exchanges(code))
    suite.site.passes(30)
    checks.check_userinfo(suite.userinfo(tokens["access_token"]), tokens)
    checks.check_token_refusal(suite.exchanges(code), "invalid_grant")
    assert suite.userinfo(tokens["access_token"]).status_code == 401


def test_oidcc_ensure_registered_redirect_uri(suite):
    """Core, 3.1.2.1: MUST exactly match; an error page at once, and nobody is sent anywhere."""
    page = suite.automation.looks_at(suite.address(redirect_uri=suite.redirect_uri + "/xyz"))
    checks.check_is_an_error_page(page, "redirect_uri")


def test_oidcc_ensure_post_request_succeeds(suite):
    """Core, 3.1.2.1: POST as well; through sign-in to the end."""
    page = suite.automation.posts(suite.metadata["authorization_endpoint"], suite.request())
    code = checks.check_success(suite, suite.arrives(page))
    checks.check_tokens(suite, suite.exchanges(code))
    assert suite.shown[0] == "login-title"


def test_oidcc_server_client_secret_post(site, response_mode):
    """Core, 9: the happy flow of a client whose method is client_secret_post."""
    suite = Suite(site, response_mode, CLIENTS["conf-post"])
    tokens = suite.tokens()
    checks.check_userinfo(suite.userinfo(tokens["access_token"]), tokens)


def encoded(part: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def request_object(suite, **claims) -> str:
    """An unsigned one (RFC 7519, section 6)."""
    claims = {"iss": suite.client["client_id"], "aud": suite.metadata["issuer"]} | claims
    parts = ({"alg": "none"}, claims)
    return ".".join(encoded(part) for part in parts) + "."


def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(suite):
    """Core, 6.2 and 3.1.2.6: request_uri_not_supported."""
    answered = suite.authorizes(request_uri="https://localhost.emobix.co.uk:8443/request.jwt")
    checks.check_refusal(suite, answered, "request_uri_not_supported")
    assert suite.metadata["request_uri_parameter_supported"] is False


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(suite):
    """Core, 6.1 and 3.1.2.6: request_not_supported, by the response mode and with the state that
    stand only inside."""
    mode = suite.response_mode or "query"
    inside = request_object(
        suite, state="dedans", response_mode=mode, redirect_uri=suite.redirect_uri
    )
    answered = suite.authorizes(state=None, nonce=None, response_mode=None, request=inside)
    assert answered.pop("state") == "dedans"
    checks.check_refusal(suite, answered, "request_not_supported")
    assert suite.metadata["request_parameter_supported"] is False


def test_oidcc_claims_essential(suite):
    """Core, 5.5.1: `name` is asked for with the scope openid alone, and comes."""
    asked = json.dumps({"userinfo": {"name": {"essential": True}}})
    assert scoped(suite, "openid", claims=asked)["name"] == "Jean-Marie Wapone Tein"


def test_oidcc_ensure_request_object_with_redirect_uri(suite):
    """Core, 6.1: a wrong redirect_uri outside, the right one inside: an error page is right.

    A redirection with request_not_supported would be a failure.
    """
    inside = request_object(suite, redirect_uri=suite.redirect_uri)
    address = suite.address(redirect_uri=suite.redirect_uri + "/xyz", request=inside)
    checks.check_is_an_error_page(suite.automation.looks_at(address), "redirect_uri")


def test_oidcc_refresh_token(suite, other_client):
    """RFC 6749, 6; Core, 11 and 12: offline_access with prompt=consent; the same sub, aud and
    auth_time, a new iat and no surplus; another client's token is invalid_grant."""
    assert "refresh_token" in suite.metadata["grant_types_supported"]
    asked = {"scope": "openid offline_access", "prompt": "consent"}
    tokens = suite.tokens(**asked)
    assert suite.shown[-1] == "allow"
    assert checks.entropy(tokens["refresh_token"]) >= checks.ENTROPY
    suite.site.passes(1.1)
    answered = suite.refreshes(tokens["refresh_token"], scope=asked["scope"])
    renewed = checks.check_tokens(suite, answered, nonce=False)
    check_renewed(tokens, renewed)
    checks.check_userinfo(suite.userinfo(renewed["access_token"]), renewed)
    other_client.tokens(**asked)
    refused = other_client.refreshes(renewed["refresh_token"])
    checks.check_token_refusal(refused, "invalid_grant")


def check_renewed(tokens: dict, renewed: dict) -> None:
    """Core, section 12.2."""
    before, after = tokens["claims"], renewed["claims"]
    for name in ("iss", "sub", "aud", "auth_time", "azp"):
        assert after.get(name) == before.get(name)
    assert after["iat"] > before["iat"]
    assert renewed["access_token"] != tokens["access_token"]


def test_oidcc_ensure_request_with_valid_pkce_succeeds(suite):
    """RFC 7636, 4: S256."""
    verifier = "v" * 22 + "erifier-of-the-tests-0123456789"
    code = suite.code(code_challenge=challenge(verifier), code_challenge_method="S256")
    checks.check_tokens(suite, suite.exchanges(code, code_verifier=verifier))
