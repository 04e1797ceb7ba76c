"""RFC 6749, section 6; OpenID Connect Core, section 12; RFC 9700, section 4.14.2."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
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


@pytest.mark.parametrize("scope", ["openid email", "email openid", "openid openid email"])
def test_the_same_scope_in_other_words_gives_the_same(partner, signed_in, scope):
    claims = '{"userinfo": {"email_verified": null}, "id_token": {"email": null}}'
    first = partner.tokens(signed_in, scope="openid email", claims=claims)
    second = partner.refreshes(first["refresh_token"], scope=scope).json()
    assert second["scope"] == first["scope"]
    assert len(second["access_token"]) == len(first["access_token"])


def test_it_is_the_partners_own(partner, signed_in):
    """validate the refresh token … issued to the authenticated client."""
    other = RelyingParty.registered(
        client_id="autre", grant_types=["authorization_code", "refresh_token"]
    )
    token = partner.tokens(signed_in)["refresh_token"]
    assert refused(other.refreshes(token))
    assert partner.refreshes(token).status_code == 200


def test_the_family_ends_at_one_moment(partner, signed_in, time_machine):
    """However late it is refreshed, and it ends with the longest session."""
    start = timezone.now()
    token = partner.tokens(signed_in)["refresh_token"]
    for hours in (6, 11.9):
        time_machine.move_to(start + timedelta(hours=hours))
        token = partner.refreshes(token).json()["refresh_token"]
    time_machine.move_to(start + timedelta(hours=12, seconds=1))
    assert refused(partner.refreshes(token))


def test_a_family_that_began_late_ends_with_the_session(partner, signed_in, time_machine):
    """The other partners of the session kept it awake meanwhile."""
    start = timezone.now()
    for minutes in range(0, 300, 20):
        time_machine.move_to(start + timedelta(minutes=minutes))
        token = partner.tokens(signed_in)["refresh_token"]
    time_machine.move_to(start + timedelta(hours=12, seconds=1))
    assert refused(partner.refreshes(token))


def test_asking_for_more_does_not_use_it_up(partner, signed_in):
    token = partner.tokens(signed_in)["refresh_token"]
    response = partner.refreshes(token, scope="openid address")
    assert response.json()["error"] == "invalid_scope"
    assert partner.refreshes(token).status_code == 200


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
