"""An account that is deleted, by whatever hand, takes along what it opened, and nobody else's."""

import pytest

from accounts.models import Session, User
from ncconnect.audit.models import Event
from oidc_provider.models import LogoutNotice
from tests.relying_party import RelyingParty

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner():
    return RelyingParty.registered(backchannel_logout_uri="https://impots.example.nc/fin")


def by_itself(user):
    user.delete()


def among_others(user):
    User.objects.filter(pk=user.pk).delete()


@pytest.mark.parametrize("delete", [by_itself, among_others])
def test_its_partners_are_told_and_its_tokens_end(end_user, stranger, partner, delete):
    user, other = end_user.has_an_account(), stranger.has_an_account()
    end_user.signs_in()
    stranger.signs_in()
    mine, others = partner.tokens(end_user), partner.tokens(stranger)
    key, sub = user.pk, partner.claims(mine["id_token"])["sub"]
    delete(user)
    assert [notice.sub for notice in LogoutNotice.objects.all()] == [sub]
    assert partner.userinfo(mine["access_token"]).status_code == 401
    assert partner.userinfo(others["access_token"]).status_code == 200
    assert list(Session.objects.values_list("user", flat=True)) == [other.pk]
    events = set(Event.objects.filter(user_id=key).values_list("event", flat=True))
    assert {"session_ended", "account_deleted"} <= events
    assert not Event.objects.filter(user_id=other.pk, event="account_deleted").exists()


def test_one_that_nobody_activated_is_no_news():
    User.objects.create_user("attente@exemple.nc")
    User.objects.all().delete()
    assert not Event.objects.filter(event="account_deleted").exists()
