"""Until when a refresh token is good: no longer than what it was given for.

RFC 6749, section 6; OpenID Connect Core, section 11.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from tests.relying_party import RelyingParty
from tests.spec.rfc6749 import refreshing
from tests.spec.rfc6749.refreshing import refused


@pytest.fixture
def partner():
    return refreshing.registered()


def test_the_family_ends_at_one_moment(partner, signed_in, time_machine):
    """However late it is refreshed, and it ends with the longest session."""
    start = timezone.now()
    token = partner.tokens(signed_in)["refresh_token"]
    for minutes in range(25, 12 * 60, 25):
        time_machine.move_to(start + timedelta(minutes=minutes))
        signed_in.opens("/mon-compte/")
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


def test_it_dies_with_the_session(partner, signed_in):
    token = partner.tokens(signed_in)["refresh_token"]
    signed_in.signs_out()
    assert refused(partner.refreshes(token))


class TestNothingOfASessionOutlivesIt:
    @pytest.fixture
    def elsewhere(self, partner, signed_in, stranger):
        """The same person's tokens in another browser, where they are at work all the time."""
        stranger.email = signed_in.email
        stranger.signs_in()
        self.other_browser = stranger
        return partner.tokens(stranger, scope="openid")

    @pytest.fixture
    def later(self, elsewhere, time_machine):
        """Half an hour passes; only the other browser comes by."""

        def move(**passed):
            start = timezone.now()
            for minutes in range(5, timedelta(**passed) // timedelta(minutes=1), 5):
                time_machine.move_to(start + timedelta(minutes=minutes))
                self.other_browser.opens("/mon-compte/")
            time_machine.move_to(start + timedelta(**passed))

        return move

    def active(self, partner, token) -> bool:
        return partner.calls("/oidc/introspect", {"token": token}).json()["active"]

    def test_its_idle_end_ends_it_here_and_nowhere_else(self, partner, signed_in, elsewhere, later):
        later(minutes=15)
        signed_in.opens("/mon-compte/")
        tokens = partner.tokens(signed_in, scope="openid")
        later(minutes=31)
        newest = partner.refreshes(elsewhere["refresh_token"]).json()
        assert refused(partner.refreshes(tokens["refresh_token"]))
        assert not self.active(partner, tokens["refresh_token"])
        assert partner.userinfo(newest["access_token"]).status_code == 200
        assert partner.refreshes(newest["refresh_token"]).status_code == 200

    def test_an_access_token_of_its_last_minutes_ends_with_it(self, partner, signed_in, later):
        tokens = partner.tokens(signed_in, scope="openid")
        later(minutes=25)
        access = partner.refreshes(tokens["refresh_token"]).json()["access_token"]
        assert partner.userinfo(access).status_code == 200
        later(minutes=6)
        assert partner.userinfo(access).status_code == 401
        assert not self.active(partner, access)

    def test_signing_in_anew_does_not_make_it_last_longer(self, partner, signed_in, time_machine):
        """K4: the moment of the authentication moves then, and the end of the session does not."""
        start = timezone.now()
        for minutes in range(20, 12 * 60, 20):
            time_machine.move_to(start + timedelta(minutes=minutes))
            signed_in.opens("/mon-compte/")
        signed_in.signs_in(way=partner.address())
        token = partner.tokens(signed_in)["refresh_token"]
        end = signed_in.account.sessions.get().ends_at
        now = timezone.now()
        while (now := now + timedelta(minutes=20)) < end:
            time_machine.move_to(now)
            signed_in.opens("/mon-compte/")
        time_machine.move_to(end - timedelta(seconds=1))
        signed_in.opens("/mon-compte/")
        token = partner.refreshes(token).json()["refresh_token"]
        time_machine.move_to(end + timedelta(seconds=1))
        assert refused(partner.refreshes(token))

    def test_signing_in_again_and_out_leaves_nothing_of_before(
        self, partner, signed_in, elsewhere, later
    ):
        old = partner.tokens(signed_in)
        later(minutes=35)
        signed_in.signs_in()
        signed_in.signs_out()
        assert refused(partner.refreshes(old["refresh_token"]))
        assert partner.refreshes(elsewhere["refresh_token"]).status_code == 200

    def test_a_code_is_worth_nothing_once_the_session_ran_out(
        self, partner, signed_in, time_machine
    ):
        start = timezone.now()
        code = partner.code(signed_in)
        signed_in.account.sessions.update(expire_date=start)
        assert refused(partner.exchanges(code))


def test_offline_access_outlives_the_session(partner, signed_in):
    """Core, section 11: … even when the End-User is not present."""
    token = partner.tokens(signed_in, scope="openid offline_access")["refresh_token"]
    signed_in.signs_out()
    assert partner.refreshes(token).status_code == 200


class TestARegistrationThatLosesOfflineAccess:
    """It loses it in living grants too, at their next use."""

    @pytest.fixture
    def tokens(self, partner, signed_in):
        return partner.tokens(signed_in, scope="openid email offline_access")

    def loses(self) -> None:
        RelyingParty.registered(
            grant_types=["authorization_code", "refresh_token"], scope="openid email"
        )

    @pytest.fixture
    def other(self, signed_in):
        """Another partner of the same person, whose registration stays as it is."""
        other = RelyingParty.registered(
            client_id="mairie",
            grant_types=["authorization_code", "refresh_token"],
            scope="openid offline_access",
        )
        return other, other.tokens(signed_in, scope="openid offline_access")

    def test_while_the_session_lasts_the_rest_goes_on(self, partner, tokens):
        self.loses()
        again = partner.refreshes(tokens["refresh_token"]).json()
        assert again["scope"] == "openid email"
        assert partner.userinfo(again["access_token"]).status_code == 200

    def test_after_a_sign_out_nothing_is_left(self, partner, signed_in, tokens, other):
        self.loses()
        signed_in.signs_out()
        assert refused(partner.refreshes(tokens["refresh_token"]))
        assert partner.userinfo(tokens["access_token"]).status_code == 401
        other, others = other
        assert other.refreshes(others["refresh_token"]).status_code == 200

    def test_also_when_the_sign_out_came_first(self, partner, signed_in, tokens, other):
        signed_in.signs_out()
        self.loses()
        told = partner.calls("/oidc/introspect", {"token": tokens["refresh_token"]}).json()
        assert told == {"active": False}
        assert refused(partner.refreshes(tokens["refresh_token"]))
        other, others = other
        assert other.refreshes(others["refresh_token"]).status_code == 200

    def test_given_back_it_does_not_wake_what_a_sign_out_ended(self, partner, signed_in, tokens):
        self.loses()
        signed_in.signs_out()
        RelyingParty.registered(
            grant_types=["authorization_code", "refresh_token"],
            scope="openid email offline_access",
        )
        assert refused(partner.refreshes(tokens["refresh_token"]))


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
