"""RFC 7009: OAuth 2.0 Token Revocation."""

import pytest

from ncconnect.audit.models import Event
from tests.relying_party import RelyingParty


@pytest.fixture
def partner():
    return RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])


def revokes(partner, token, **changes):
    return partner.calls("/oidc/revoke", {"token": token} | changes)


@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "autre"])
def test_an_access_token(partner, signed_in, hint):
    """2.1: the invalidation takes place immediately; a wrong hint does not matter."""
    tokens = partner.tokens(signed_in)
    assert revokes(partner, tokens["access_token"], token_type_hint=hint).status_code == 200
    assert partner.userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token"])
def test_a_refresh_token_takes_its_access_tokens_with_it(partner, signed_in, hint):
    """2.1: … SHOULD also invalidate all access tokens based on the same grant."""
    tokens = partner.tokens(signed_in)
    revokes(partner, tokens["refresh_token"], token_type_hint=hint)
    assert partner.userinfo(tokens["access_token"]).status_code == 401
    assert partner.refreshes(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_public_partner_that_tidies_up_after_a_refresh_keeps_what_it_gave(signed_in):
    """2.2: the used-up token is invalid already, and invalid tokens do not cause an error."""
    partner = RelyingParty.registered(
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="none",
        client_secret=None,
    )
    first = partner.tokens(signed_in)["refresh_token"]
    second = partner.refreshes(first).json()
    assert revokes(partner, first).status_code == 200
    assert partner.userinfo(second["access_token"]).status_code == 200
    assert partner.refreshes(second["refresh_token"]).status_code == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_it_is_written_down_once(partner, signed_in, kind):
    token = partner.tokens(signed_in)[kind]
    for _ in range(2):
        revokes(partner, token)
    assert Event.objects.filter(event="token_revoked").count() == 1


@pytest.mark.parametrize("token", ["x", "é", "eyJ.a.b"])
def test_an_unknown_token_is_no_error(partner, token):
    """2.2: invalid tokens do not cause an error response."""
    assert revokes(partner, token).status_code == 200


def test_another_partners_token_stays(partner, signed_in):
    """2.1: verifies whether the token was issued to the client making the request."""
    other = RelyingParty.registered(client_id="autre")
    token = partner.tokens(signed_in)["access_token"]
    assert revokes(other, token).status_code == 200
    assert partner.userinfo(token).status_code == 200


def test_the_partner_authenticates(partner, signed_in):
    token = partner.tokens(signed_in)["access_token"]
    partner.secret = "x" * 40
    assert revokes(partner, token).status_code == 401


def test_the_token_is_required(partner):
    assert partner.calls("/oidc/revoke", {}).json()["error"] == "invalid_request"


def test_an_access_token_leaves_the_refresh_token_and_what_comes_of_it(partner, signed_in):
    """2.1: the server MAY revoke the respective refresh token as well; ours goes on."""
    tokens = partner.tokens(signed_in)
    revokes(partner, tokens["access_token"])
    newer = partner.refreshes(tokens["refresh_token"]).json()["access_token"]
    assert partner.userinfo(newer).status_code == 200
    assert partner.userinfo(tokens["access_token"]).status_code == 401


def test_revoking_an_old_access_token_leaves_a_newer_one(partner, signed_in):
    tokens = partner.tokens(signed_in)
    newer = partner.refreshes(tokens["refresh_token"]).json()["access_token"]
    revokes(partner, tokens["access_token"])
    assert partner.userinfo(newer).status_code == 200
    revokes(partner, newer)
    revokes(partner, tokens["access_token"])  # once more: it changes nothing
    assert partner.userinfo(newer).status_code == 401
