"""RFC 7636: Proof Key for Code Exchange; RFC 9700, section 2.1.1."""

import pytest

from tests.relying_party import RelyingParty, answer


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "trop-court"},
        {"code_challenge": "x" * 129},
        {"code_challenge": "é" * 43},
        {"code_challenge": " " * 43},
    ],
)
def test_s256_with_a_challenge_of_the_abnf(partner, signed_in, changes):
    """Section 4.4.1: … MUST return the authorization error response with invalid_request."""
    page = signed_in.opens(partner.address(**changes))
    assert answer(page)["error"] == "invalid_request"


@pytest.fixture
def exempted(partner):
    return RelyingParty.registered(nc_require_pkce=False)


def test_a_partner_can_be_exempted(exempted, signed_in):
    code = exempted.code(signed_in, code_challenge=None, code_challenge_method=None)
    assert exempted.exchanges(code, code_verifier=None).status_code == 200


def test_an_exempted_partner_that_sends_a_challenge_must_prove_it(exempted, signed_in):
    """RFC 9700, section 4.8: no downgrade by leaving the verifier out."""
    code = exempted.code(signed_in)
    assert exempted.exchanges(code, code_verifier=None).json()["error"] == "invalid_grant"


def test_a_verifier_without_a_challenge_is_refused(exempted, signed_in):
    """RFC 9700, section 4.8.2."""
    code = exempted.code(signed_in, code_challenge=None, code_challenge_method=None)
    assert exempted.exchanges(code).json()["error"] == "invalid_grant"


def test_an_exempted_partner_may_not_send_plain(exempted, signed_in):
    page = signed_in.opens(exempted.address(code_challenge_method="plain"))
    assert answer(page)["error"] == "invalid_request"


@pytest.mark.parametrize("verifier", ["x" * 43, "", "é" * 43, "\u00a0" * 43])
def test_a_wrong_verifier(partner, signed_in, verifier):
    """Section 4.6: If the values are not equal, an error response indicating invalid_grant."""
    code = partner.code(signed_in)
    response = partner.exchanges(code, code_verifier=verifier)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("verifier", ["court", "x" * 42, "x" * 129, "+" * 43])
def test_a_verifier_outside_the_abnf(partner, signed_in, verifier):
    """Section 4.1: … with a minimum length of 43 characters: a short one can be guessed."""
    partner.verifier = verifier
    response = partner.exchanges(partner.code(signed_in))
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


def test_a_code_survives_two_wrong_tries_and_not_a_third(partner, signed_in):
    code = partner.code(signed_in)
    for _ in range(2):
        partner.exchanges(code, code_verifier="x" * 43)
    assert partner.exchanges(code).status_code == 200

    code = partner.code(signed_in)
    for _ in range(3):
        partner.exchanges(code, code_verifier="x" * 43)
    assert partner.exchanges(code).json()["error"] == "invalid_grant"


def test_a_public_client_lives_by_pkce(signed_in):
    partner = RelyingParty.registered(token_endpoint_auth_method="none", client_secret=None)
    code = partner.code(signed_in)
    response = partner.exchanges(code, headers={}, client_id=partner.client_id)
    assert response.status_code == 200
