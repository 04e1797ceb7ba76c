"""What a refresh gives, and to whom: RFC 6749, section 6; Core, section 12; RFC 9700, 4.14.2."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.relying_party import RelyingParty, payload
from tests.spec.rfc6749 import refreshing
from tests.spec.rfc6749.refreshing import refused


@pytest.fixture
def partner():
    return refreshing.registered()


def test_a_partner_registered_for_it_gets_one_without_offline_access(partner, signed_in):
    assert "refresh_token" in partner.tokens(signed_in)


def test_a_partner_not_registered_for_it_gets_none(signed_in):
    other = RelyingParty.registered(client_id="autre")
    tokens = other.tokens(signed_in)
    assert "refresh_token" not in tokens
    response = other.refreshes("x")
    assert response.json()["error"] == "unauthorized_client"


@pytest.fixture
def public():
    """A partner without a secret, beside the other: an application in the browser."""
    return refreshing.registered(
        client_id="application", token_endpoint_auth_method="none", client_secret=None
    )


def test_a_partner_that_authenticates_keeps_its_own(partner, signed_in):
    """RFC 9700, 4.14.2, asks for rotation, or sender constraint, of public clients only."""
    first = partner.tokens(signed_in, scope="openid email")
    given = [partner.refreshes(first["refresh_token"]).json() for _ in range(6)]
    assert {answer["refresh_token"] for answer in given} == {first["refresh_token"]}
    for answer in (first, *given):
        assert partner.userinfo(answer["access_token"]).json()["email"] == signed_in.email


def test_a_public_one_is_rotated(public, signed_in):
    first = public.tokens(signed_in, scope="openid email")
    second = public.refreshes(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert public.userinfo(second["access_token"]).json()["email"] == signed_in.email
    assert public.refreshes(second["refresh_token"]).status_code == 200


class TestLeeway:
    """A lost answer that is asked for again, and a thief who comes later."""

    def test_an_answer_that_got_lost_is_given_again(self, public, signed_in, time_machine):
        start = timezone.now()
        time_machine.move_to(start, tick=False)
        first = public.tokens(signed_in)
        lost = public.refreshes(first["refresh_token"]).json()
        time_machine.move_to(start + timedelta(seconds=29), tick=False)
        again = public.refreshes(first["refresh_token"]).json()
        assert again["refresh_token"] == lost["refresh_token"]
        for answer in (first, lost, again):
            assert public.userinfo(answer["access_token"]).status_code == 200
        assert public.refreshes(again["refresh_token"]).status_code == 200

    def test_a_later_use_ends_the_family(self, partner, public, signed_in, time_machine):
        """RFC 9700: … the authorization server … will revoke the active refresh token."""
        start = timezone.now()
        time_machine.move_to(start, tick=False)
        first, elsewhere = public.tokens(signed_in), partner.tokens(signed_in)
        second = public.refreshes(first["refresh_token"]).json()
        time_machine.move_to(start + timedelta(seconds=31), tick=False)
        assert refused(public.refreshes(first["refresh_token"]))
        assert refused(public.refreshes(second["refresh_token"]))
        assert public.userinfo(second["access_token"]).status_code == 401
        assert partner.refreshes(elsewhere["refresh_token"]).status_code == 200

    def test_the_time_begins_with_the_first_use(self, public, signed_in, time_machine):
        """Else a stolen token would be kept alive by using it."""
        start = timezone.now()
        time_machine.move_to(start, tick=False)
        first = public.tokens(signed_in)
        for seconds in (0, 20):
            time_machine.move_to(start + timedelta(seconds=seconds), tick=False)
            assert public.refreshes(first["refresh_token"]).status_code == 200
        time_machine.move_to(start + timedelta(seconds=40), tick=False)
        assert refused(public.refreshes(first["refresh_token"]))

    def test_it_is_for_the_one_before_only(self, public, signed_in):
        first = public.tokens(signed_in)
        second = public.refreshes(first["refresh_token"]).json()
        third = public.refreshes(second["refresh_token"]).json()
        assert refused(public.refreshes(first["refresh_token"]))
        assert refused(public.refreshes(third["refresh_token"]))

    def test_a_wrong_scope_takes_nothing_from_the_one_before(self, public, signed_in):
        """It used nothing up, so the answer that got lost before it can still be asked again."""
        first = public.tokens(signed_in, scope="openid")
        second = public.refreshes(first["refresh_token"]).json()
        wide = public.refreshes(second["refresh_token"], scope="openid address")
        assert wide.json()["error"] == "invalid_scope"
        again = public.refreshes(first["refresh_token"]).json()
        assert again["refresh_token"] == second["refresh_token"]

    @pytest.mark.parametrize(("seconds", "honoured"), [(29, True), (31, False)])
    def test_it_outlives_the_day_when_the_partner_gets_a_secret(
        self, public, signed_in, time_machine, seconds, honoured
    ):
        """RFC 7662, 2.2: active is what the token endpoint would accept."""
        start = timezone.now()
        time_machine.move_to(start, tick=False)
        first = public.tokens(signed_in)
        second = public.refreshes(first["refresh_token"]).json()
        confidential = RelyingParty.registered(
            client_id="application",
            grant_types=["authorization_code", "refresh_token"],
            scope="openid email offline_access",
        )
        time_machine.move_to(start + timedelta(seconds=seconds), tick=False)
        told = confidential.calls("/oidc/introspect", {"token": first["refresh_token"]}).json()
        assert told["active"] is honoured
        again = confidential.refreshes(first["refresh_token"])
        assert (again.status_code == 200) is honoured
        if honoured:
            assert again.json()["refresh_token"] == second["refresh_token"]

    def test_a_wrong_scope_takes_nothing_from_whoever_was_first(self, public, signed_in):
        first = public.tokens(signed_in, scope="openid")
        second = public.refreshes(first["refresh_token"]).json()
        wide = public.refreshes(first["refresh_token"], scope="openid address")
        assert wide.json()["error"] == "invalid_scope"
        assert public.refreshes(second["refresh_token"]).status_code == 200


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


def test_asking_for_more_does_not_use_it_up(public, signed_in, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    token = public.tokens(signed_in)["refresh_token"]
    response = public.refreshes(token, scope="openid address")
    assert response.json()["error"] == "invalid_scope"
    time_machine.move_to(start + timedelta(minutes=1), tick=False)
    assert public.refreshes(token).status_code == 200


@pytest.mark.parametrize("scope", ["openid email inconnu", "openid email offline_access"])
def test_the_words_that_authorize_accepts_are_accepted_here(partner, signed_in, scope):
    """3.3: scopes that are not understood are ignored; so is offline_access that is not given."""
    RelyingParty.registered(
        grant_types=["authorization_code", "refresh_token"], scope="openid email"
    )
    tokens = partner.tokens(signed_in, scope=scope)
    again = partner.refreshes(tokens["refresh_token"], scope=scope).json()
    assert again["scope"] == tokens["scope"] == "openid email"
    refusal = partner.refreshes(again["refresh_token"], scope=scope + " address")
    assert refusal.json()["error"] == "invalid_scope"
    assert partner.refreshes(again["refresh_token"]).status_code == 200


@pytest.mark.parametrize("scope", ["inconnu", "inconnu autre", "offline_access"])
def test_a_scope_of_which_nothing_is_left_is_refused_and_uses_nothing_up(public, signed_in, scope):
    """A token that names no scope opens all that was granted: none is given by that way."""
    token = public.tokens(signed_in)["refresh_token"]
    answer = public.refreshes(token, scope=scope).json()
    assert answer["error"] == "invalid_scope"
    assert "access_token" not in answer
    assert public.refreshes(token).json()["scope"]
