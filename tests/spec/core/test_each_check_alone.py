"""Each condition of each check of CHECKS, broken alone: that check refuses, and no other would.

A check without a line here, or with fewer lines than it has refusals, fails.
"""

import inspect
import json
from secrets import token_urlsafe

import pytest

from oidc_provider.authorize.checks import CHECKS, Displayed, Redirected
from oidc_provider.authorize.request import parse
from oidc_provider.models import RelyingParty as Model
from tests.relying_party import RelyingParty

MALFORMED = "invalid_request"
OVER_6 = "http://[::1]/retour"
# check: (changes of the request, error or page, the beginning of its description)
BROKEN = {
    "check_relying_party": [
        ({"client_id": None}, "unknown_partner", "client_id: missing"),
        ({"client_id": "inconnu"}, "unknown_partner", "client_id: not registered here"),
    ],
    "check_redirect_uri": [
        ({"redirect_uri": None}, "unknown_address", "redirect_uri: missing"),
        (
            {"redirect_uri": "https://impots.example.nc/retour/"},
            "unknown_address",
            "redirect_uri: not registered",
        ),
    ],
    "check_partner_is_open": [({}, "partner_closed", "client_id: suspended")],
    "check_parameters": [({"nonce": "\0"}, MALFORMED, "nonce")],
    "check_response_mode": [
        ({"response_mode": "fragment"}, MALFORMED, "response_mode: expected"),
        ({"response_mode": "form_post", "redirect_uri": OVER_6}, MALFORMED, "response_mode: no"),
    ],
    "check_request_object": [
        ({name: "x"}, f"{name}_not_supported", f"{name}: not supported")
        for name in ("request", "request_uri", "registration")
    ],
    "check_response_type": [
        ({"response_type": None}, MALFORMED, "response_type: missing"),
        ({"response_type": "id_token"}, "unsupported_response_type", "response_type: expected"),
        ({"response_type": "code token"}, "unsupported_response_type", "response_type: expected"),
    ],
    "check_scope": [
        ({"scope": "profile"}, "invalid_scope", "scope: openid is missing"),
        ({"scope": "openid phone"}, "invalid_scope", "scope: phone is not registered"),
    ],
    "check_prompt": [
        ({"prompt": "maybe"}, MALFORMED, "prompt: expected"),
        ({"prompt": "none login"}, MALFORMED, "prompt: none stands alone"),
    ],
    "check_max_age": [
        ({"max_age": value}, MALFORMED, "max_age: expected") for value in ("-1", "x", "1234567890")
    ],
    "check_claims": [
        ({"claims": "{"}, MALFORMED, "claims: not JSON"),
        ({"claims": "[]"}, MALFORMED, "claims: expected a JSON object"),
        ({"claims": {"userinfo": []}}, MALFORMED, "claims: userinfo is malformed"),
        ({"claims": {"id_token": {"email": 1}}}, MALFORMED, "claims: id_token is malformed"),
    ],
    "check_values": [
        (
            {"claims": {"id_token": {"acr": {"values": "eidas1"}}}},
            MALFORMED,
            "claims: id_token.acr",
        ),
        ({"claims": {"id_token": {"acr": {"values": [1]}}}}, MALFORMED, "claims: id_token.acr"),
        ({"claims": {"id_token": {"sub": {"value": 1}}}}, MALFORMED, "claims: id_token.sub"),
    ],
    "check_essential_acr": [
        (
            {"claims": {"id_token": {"acr": {"essential": True, "value": "eidas3"}}}},
            "unmet_authentication_requirements",
            "claims: id_token.acr is not among",
        )
    ],
    "check_id_token_hint": [({"id_token_hint": "x.y.z"}, MALFORMED, "id_token_hint: not issued")],
    "check_pkce": [
        (
            {"code_challenge": None, "code_challenge_method": None},
            MALFORMED,
            "code_challenge: required",
        ),
        ({"code_challenge": None}, MALFORMED, "code_challenge: missing"),
        *(
            ({"code_challenge_method": method}, MALFORMED, "code_challenge_method: expected")
            for method in ("plain", "PLAIN", "s256", "S512")
        ),
        ({"code_challenge_method": None}, MALFORMED, "code_challenge_method: expected"),
        ({"code_challenge": "a" * 42}, MALFORMED, "code_challenge: expected 43"),
    ],
    # Each of them may be that long; both are more than the pages of a sign-in carry.
    "check_size": [
        ({name: token_urlsafe(3_000) for name in ("state", "nonce")}, MALFORMED, "request: more")
    ],
}
ROWS = [(name, *row) for name, rows in BROKEN.items() for row in rows]
# Refused for the partner of this line, and for it only.
EXEMPTED = ("code_challenge: missing",)


ENDS_IT = ("check_relying_party", "check_redirect_uri", "check_claims")


def sent(partner, changes: dict) -> dict:
    flat = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in changes.items()}
    return partner.parameters(**flat)


def refusals(request) -> dict[str, tuple[str, str]]:
    """Which checks refuse, asked one by one: the code or the page's words, and the description.

    Without a partner, or without claims that can be read, there is nothing to ask the others.
    """
    found = {}
    for check in CHECKS:
        try:
            check(request)
        except Redirected as refusal:
            found[check.__name__] = (refusal.error, refusal.description)
        except Displayed as refusal:
            found[check.__name__] = (refusal.reason, refusal.description)
        if check.__name__ in found and check.__name__ in ENDS_IT:
            break
    return found


@pytest.mark.parametrize(("name", "changes", "error", "told"), ROWS)
def test_broken_alone_it_refuses_and_no_other_does(rf, name, changes, error, told):
    registered = {"redirect_uris": [OVER_6]} if OVER_6 in changes.values() else {}
    partner = RelyingParty.registered(nc_require_pkce=told not in EXEMPTED, **registered)
    if name == "check_partner_is_open":
        Model.objects.update(is_active=False)
    found = refusals(parse(rf.get("/", sent(partner, changes)).GET))
    assert list(found) == [name]
    assert found[name][0] == error
    assert found[name][1].startswith(told)


WHOLE = [
    {},
    *({"redirect_uri": OVER_6, "response_mode": mode} for mode in (None, "query")),
    *({"response_mode": mode} for mode in ("query", "form_post")),
    *({"prompt": prompt} for prompt in ("none", "login consent", "select_account")),
    *({"max_age": seconds} for seconds in ("0", "999999999")),
]


@pytest.mark.parametrize("changes", WHOLE, ids=str)
def test_a_whole_request_is_refused_by_none(rf, changes):
    registered = {"redirect_uris": [OVER_6]} if OVER_6 in changes.values() else {}
    partner = RelyingParty.registered(**registered)
    assert refusals(parse(rf.get("/", partner.parameters(**changes)).GET)) == {}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_refusal_has_its_line(check):
    written = inspect.getsource(check).count("raise ")
    assert len(BROKEN[check.__name__]) >= written


def test_nothing_is_kept_of_checks_that_are_gone():
    assert set(BROKEN) == {check.__name__ for check in CHECKS}
