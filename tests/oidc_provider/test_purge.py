"""What has expired goes, and nothing else."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Session
from oidc_provider import purge
from oidc_provider.grants import lifecycle
from oidc_provider.models import Grant, LogoutNotice
from tests.relying_party import RelyingParty

SECOND = timedelta(seconds=1)


@pytest.fixture
def refreshing():
    return RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])


def everything() -> int:
    """Purge until nothing is left to purge; the number of rows that went."""
    total = 0
    while deleted := purge.purge():
        total += deleted
    return total


def test_nothing_that_is_alive_goes(refreshing, signed_in):
    refreshing.tokens(signed_in)
    assert everything() == 0
    assert Grant.objects.count() == 1


def test_a_grant_stays_while_its_session_can_last(partner, signed_in, time_machine):
    """It is what tells that the session has been at this partner."""
    partner.tokens(signed_in)
    time_machine.move_to(timezone.now() + settings.SESSION_ABSOLUTE_TIME)
    assert everything() == 0


class TestASignInAnew:
    """The session goes on, for as long as from then; what it was given earlier is older."""

    @pytest.fixture
    def visited(self, signed_in, time_machine):
        """A partner of the morning, and another where they sign in anew before the evening."""
        told = "https://impots.example.nc/deconnexion"
        morning = RelyingParty.registered(backchannel_logout_uri=told)
        morning.tokens(signed_in)
        time_machine.move_to(timezone.now())
        for _ in range(22):  # never idle
            time_machine.shift(timedelta(minutes=29))
            signed_in.opens("/mon-compte/")
        page = signed_in.opens(morning.address(prompt="login"))
        signed_in.signs_in(way=page.context["next"])
        return morning

    def pass_the_night(self, person, time_machine):
        for _ in range(6):
            time_machine.shift(timedelta(minutes=25))
            assert person.opens("/mon-compte/").request["PATH_INFO"] == "/mon-compte/"
            everything()

    def test_who_signs_out_then_signs_out_of_the_partner_of_the_morning(
        self, visited, signed_in, time_machine
    ):
        Grant.objects.filter(ends_at__gt=timezone.now() + timedelta(hours=6)).delete()
        self.pass_the_night(signed_in, time_machine)
        assert Grant.objects.get().ends_at < timezone.now()
        signed_in.signs_out()
        assert LogoutNotice.objects.filter(relying_party__client_id=visited.client_id).exists()

    def test_it_goes_with_the_session(self, visited, signed_in, time_machine):
        time_machine.shift(timedelta(hours=14))
        assert everything() == 2


def test_all_goes_in_the_end(refreshing, signed_in, time_machine):
    token = refreshing.tokens(signed_in)["refresh_token"]
    refreshing.refreshes(token)
    refreshing.code(signed_in)  # never redeemed
    time_machine.move_to(timezone.now() + timedelta(hours=13))
    assert everything() == 2
    assert not Grant.objects.exists()


def test_no_token_outlives_its_grant(signed_in, time_machine):
    """Redeemed and refreshed at the last second, it is there as long as what that gave."""
    time_machine.move_to(timezone.now(), tick=False)
    lasting = RelyingParty.registered(
        scope="openid offline_access", grant_types=["authorization_code", "refresh_token"]
    )
    code = lasting.code(signed_in, scope="openid offline_access")
    time_machine.shift(lifecycle.CODE_TIME - SECOND)
    given = lasting.exchanges(code).json()
    time_machine.shift(settings.OFFLINE_REFRESH_TOKEN_TIME - SECOND)
    access = lasting.refreshes(given["refresh_token"]).json()["access_token"]
    time_machine.shift(timedelta(seconds=given["expires_in"]) - SECOND)
    assert everything() == 0
    assert lasting.userinfo(access).status_code == 200
    time_machine.shift(3 * SECOND)
    assert everything() == 1


def test_a_grant_that_outlives_the_session_stays_until_its_family_ends(signed_in, time_machine):
    lasting = RelyingParty.registered(
        scope="openid offline_access", grant_types=["authorization_code", "refresh_token"]
    )
    lasting.tokens(signed_in, scope="openid offline_access", prompt="consent")
    time_machine.move_to(timezone.now() + settings.OFFLINE_REFRESH_TOKEN_TIME)
    assert everything() == 0
    time_machine.move_to(timezone.now() + timedelta(hours=1))
    assert everything() == 1


def test_a_batch_at_a_time(refreshing, signed_in, monkeypatch):
    for _ in range(3):
        refreshing.tokens(signed_in)
    Grant.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    Session.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    monkeypatch.setattr(purge, "BATCH", 2)
    assert [purge.purge() for _ in range(3)] == [2, 1, 0]
