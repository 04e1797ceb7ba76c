"""RFC 7662: OAuth 2.0 Token Introspection."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.relying_party import RelyingParty


@pytest.fixture
def partner():
    return RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])


def introspects(partner, token):
    return partner.calls("/oidc/introspect", {"token": token})


def test_an_access_token(partner, signed_in):
    """2.2: active, scope, client_id, exp, iat, sub; nothing about the account itself."""
    tokens = partner.tokens(signed_in, scope="openid email")
    facts = introspects(partner, tokens["access_token"]).json()
    assert facts["active"] is True
    assert facts["scope"] == "openid email"
    assert facts["client_id"] == "impots"
    assert facts["sub"] == partner.claims(tokens["id_token"])["sub"]
    assert facts["exp"] - facts["iat"] == 1800
    assert "username" not in facts


def test_a_refresh_token(partner, signed_in):
    token = partner.tokens(signed_in)["refresh_token"]
    assert introspects(partner, token).json()["active"] is True
    partner.refreshes(token)
    assert introspects(partner, token).json()["active"] is True


def test_a_refresh_token_that_the_token_endpoint_would_refuse(partner, signed_in):
    """2.2: active … it can be used; the registration has lost the grant type meanwhile."""
    token = partner.tokens(signed_in)["refresh_token"]
    RelyingParty.registered(grant_types=["authorization_code"])
    assert partner.refreshes(token).json()["error"] == "unauthorized_client"
    assert introspects(partner, token).json() == {"active": False}


@pytest.mark.parametrize("token", ["x", "eyJ.a.b", "é"])
def test_an_unknown_token(partner, token):
    assert introspects(partner, token).json() == {"active": False}


def test_an_id_token_is_no_token(partner, signed_in):
    assert introspects(partner, partner.tokens(signed_in)["id_token"]).json() == {"active": False}


def test_an_expired_token(partner, signed_in, time_machine):
    token = partner.tokens(signed_in)["access_token"]
    time_machine.move_to(timezone.now() + timedelta(seconds=1801))
    assert introspects(partner, token).json() == {"active": False}


def test_another_partners_token(partner, signed_in):
    """4: the server MUST … prevent token scanning; each partner sees its own tokens only."""
    other = RelyingParty.registered(client_id="autre")
    token = partner.tokens(signed_in)["access_token"]
    assert introspects(other, token).json() == {"active": False}


def test_a_public_client_cannot(signed_in):
    public = RelyingParty.registered(token_endpoint_auth_method="none", client_secret=None)
    response = public.calls("/oidc/introspect", {"client_id": "impots", "token": "x"}, headers={})
    assert response.status_code == 401


def test_only_by_post(partner):
    assert partner.back_channel.get("/oidc/introspect").status_code == 405
