"""RFC 6749, section 6; OpenID Connect Core, section 12; RFC 9700, section 4.14.2."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from oidc_provider.models import AccessToken, Grant, RefreshToken
from tests.relying_party import RelyingParty, payload


@pytest.fixture
def partner():
    return RelyingParty.registered(
        grant_types=["authorization_code", "refresh_token"], scope="openid email offline_access"
    )


def refused(response) -> bool:
    return (response.status_code, response.json().get("error")) == (400, "invalid_grant")


def test_a_partner_registered_for_it_gets_one_without_offline_access(partner, signed_in):
    assert "refresh_token" in partner.tokens(signed_in)


def test_a_partner_not_registered_for_it_gets_none(signed_in):
    other = RelyingParty.registered(client_id="autre")
    tokens = other.tokens(signed_in)
    assert "refresh_token" not in tokens
    response = other.refreshes("x")
    assert response.json()["error"] == "unauthorized_client"


def test_it_rotates(partner, signed_in):
    first = partner.tokens(signed_in, scope="openid email")
    second = partner.refreshes(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert partner.userinfo(second["access_token"]).json()["email"] == signed_in.email
    assert partner.refreshes(second["refresh_token"]).status_code == 200


def test_a_second_use_ends_the_family(partner, signed_in):
    """RFC 9700: … the authorization server … will revoke the active refresh token."""
    first = partner.tokens(signed_in)
    second = partner.refreshes(first["refresh_token"]).json()
    assert refused(partner.refreshes(first["refresh_token"]))
    assert refused(partner.refreshes(second["refresh_token"]))
    assert partner.userinfo(second["access_token"]).status_code == 401


def test_the_id_token_keeps_the_first_authentication(partner, signed_in):
    """Core 12.2: iss, sub, aud the same; auth_time of the original authentication."""
    first = partner.tokens(signed_in)
    signed_in.signs_in()
    second = partner.refreshes(first["refresh_token"]).json()
    old, new = payload(first["id_token"]), partner.claims(second["id_token"])
    for name in ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid"):
        assert old[name] == new[name]
    assert "nonce" not in new


def test_the_scope_can_shrink_and_never_grow(partner, signed_in):
    """The requested scope MUST NOT include any scope not originally granted."""
    token = partner.tokens(signed_in, scope="openid email")["refresh_token"]
    narrow = partner.refreshes(token, scope="openid").json()
    assert narrow["scope"] == "openid"
    assert "email" not in partner.userinfo(narrow["access_token"]).json()
    wide = partner.refreshes(narrow["refresh_token"], scope="openid offline_access")
    assert wide.json()["error"] == "invalid_scope"


def test_it_is_the_partners_own(partner, signed_in):
    """validate the refresh token … issued to the authenticated client."""
    other = RelyingParty.registered(
        client_id="autre", grant_types=["authorization_code", "refresh_token"]
    )
    token = partner.tokens(signed_in)["refresh_token"]
    assert refused(other.refreshes(token))
    assert partner.refreshes(token).status_code == 200


def test_the_family_ends_at_one_moment(partner, signed_in):
    token = partner.tokens(signed_in)["refresh_token"]
    end = RefreshToken.objects.get().expires
    token = partner.refreshes(token).json()["refresh_token"]
    assert set(RefreshToken.objects.values_list("expires", flat=True)) == {end}
    assert end < timezone.now() + timedelta(hours=12, seconds=1)
    RefreshToken.objects.update(expires=timezone.now())
    assert refused(partner.refreshes(token))


def test_it_dies_with_the_session(partner, signed_in):
    token = partner.tokens(signed_in)["refresh_token"]
    signed_in.signs_out()
    assert refused(partner.refreshes(token))


def test_offline_access_outlives_the_session(partner, signed_in):
    """Core, section 11: … even when the End-User is not present."""
    token = partner.tokens(signed_in, scope="openid offline_access")["refresh_token"]
    signed_in.signs_out()
    assert partner.refreshes(token).status_code == 200


def test_nothing_outlives_a_revoked_credential(partner, signed_in):
    from accounts.signals import credentials_revoked

    tokens = partner.tokens(signed_in, scope="openid offline_access")
    credentials_revoked.send(sender=User, user=signed_in.account)
    assert refused(partner.refreshes(tokens["refresh_token"]))
    assert partner.userinfo(tokens["access_token"]).status_code == 401


def test_a_suspended_account(partner, signed_in):
    token = partner.tokens(signed_in)["refresh_token"]
    User.objects.update(is_active=False)
    assert refused(partner.refreshes(token))


def test_purged_grants_leave_nothing_behind(partner, signed_in):
    from oidc_provider.purge import purge

    token = partner.tokens(signed_in)["refresh_token"]
    partner.refreshes(token)
    assert purge() == 0
    past = timezone.now() - timedelta(seconds=1)
    for model in (AccessToken, RefreshToken):
        model.objects.update(expires=past)
    Grant.objects.update(ends_at=past)
    assert [bool(purge()) for _ in range(4)] == [True, True, True, False]  # a table at a time
    assert not Grant.objects.exists()
