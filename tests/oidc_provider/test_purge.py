"""What has expired goes, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from oidc_provider import purge
from oidc_provider.models import AccessToken, Grant, RefreshToken, RelyingPartySession
from tests.relying_party import RelyingParty


@pytest.fixture
def refreshing():
    return RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])


def everything() -> int:
    """Purge until nothing is left to purge; the number of rows that went."""
    total = 0
    while deleted := purge.purge():
        total += deleted
    return total


def rows() -> dict[str, int]:
    models = (Grant, AccessToken, RefreshToken, RelyingPartySession)
    return {model.__name__: model.objects.count() for model in models}


def test_nothing_that_is_alive_goes(refreshing, signed_in):
    refreshing.tokens(signed_in)
    before = rows()
    assert everything() == 0
    assert rows() == before
    assert set(before.values()) == {1}


def test_an_access_token_goes_at_its_end_and_its_grant_stays_while_it_can_be_refreshed(
    refreshing, signed_in, time_machine
):
    token = refreshing.tokens(signed_in)["refresh_token"]
    time_machine.move_to(timezone.now() + timedelta(minutes=31))
    assert everything() == 1
    assert not AccessToken.objects.exists()
    assert refreshing.refreshes(token).status_code == 200


def test_all_goes_in_the_end(refreshing, signed_in, time_machine):
    token = refreshing.tokens(signed_in)["refresh_token"]
    refreshing.refreshes(token)
    refreshing.code(signed_in)  # never redeemed
    time_machine.move_to(timezone.now() + timedelta(hours=13))
    everything()
    assert set(rows().values()) == {0}


def test_no_token_outlives_its_grant(refreshing, signed_in, time_machine):
    """Refreshed at the last moment, the grant is there as long as what it gave."""
    token = refreshing.tokens(signed_in)["refresh_token"]
    time_machine.move_to(timezone.now() + timedelta(hours=12) - timedelta(seconds=5))
    assert refreshing.refreshes(token).status_code == 200
    assert AccessToken.objects.latest("expires").expires <= Grant.objects.get().ends_at


def test_a_token_that_lives_longer_keeps_its_grant(refreshing, signed_in):
    refreshing.tokens(signed_in)
    Grant.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert everything() == 0
    assert Grant.objects.exists()


def test_a_batch_at_a_time(refreshing, signed_in, monkeypatch):
    for _ in range(3):
        refreshing.tokens(signed_in)
    past = timezone.now() - timedelta(seconds=1)
    AccessToken.objects.update(expires=past)
    monkeypatch.setattr(purge, "BATCH", 2)
    assert [purge.purge() for _ in range(3)] == [2, 1, 0]
