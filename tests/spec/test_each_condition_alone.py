"""What a token depends on, one condition at a time, at every place that asks: it ends there, and
nothing happens to the other person's token nor to the other partner's.

Rows are changed behind the site's back: no flow has revoked anything, so that only the condition
itself can refuse.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Session, User
from oidc_provider.models import Grant
from oidc_provider.models import RelyingParty as Model
from tests.relying_party import RelyingParty

SCOPE = {"scope": "openid email"}
PAST = timedelta(seconds=1)


@pytest.fixture
def partner():
    return RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])


@pytest.fixture
def other_partner():
    return RelyingParty.registered(
        client_id="ville",
        client_name="Ville",
        client_uri="https://ville.example.nc/",
        redirect_uris=["https://ville.example.nc/retour"],
        post_logout_redirect_uris=None,
        grant_types=["authorization_code", "refresh_token"],
    )


@pytest.fixture
def tokens(partner, signed_in):
    return partner.tokens(signed_in, **SCOPE)


@pytest.fixture
def neighbour(stranger):
    stranger.has_an_account()
    stranger.signs_in()
    return stranger


@pytest.fixture
def neighbours(partner, neighbour):
    """Another person's, at the same partner."""
    return partner.tokens(neighbour, **SCOPE)


@pytest.fixture
def elsewhere(other_partner, signed_in):
    """The same person's, at the other partner."""
    return other_partner.tokens(signed_in, **SCOPE)


def grants(person, partner):
    return Grant.objects.filter(
        subject__user=person.account, application__client_id=partner.client_id
    )


def revoked(person, partner):
    grants(person, partner).update(revoked_at=timezone.now())


def suspended(person, partner):
    User.objects.filter(pk=person.account.pk).update(is_active=False)


def not_activated(person, partner):
    User.objects.filter(pk=person.account.pk).update(activated_at=None)


def idle(person, partner):
    Session.objects.filter(user=person.account).update(expire_date=timezone.now() - PAST)


def over(person, partner):
    Session.objects.filter(user=person.account).update(ends_at=timezone.now() - PAST)


def closed(person, partner):
    Model.objects.filter(client_id=partner.client_id).update(is_active=False)


OF_THE_GRANT = [revoked]
OF_THE_PERSON = [suspended, not_activated, idle, over]
OF_THE_PARTNER = [closed]


def is_served(partner, given) -> bool:
    return partner.userinfo(given["access_token"]).status_code == 200


def is_active(partner, given, kind="access_token") -> bool:
    answer = partner.calls("/oidc/introspect", {"token": given[kind]})
    return answer.status_code == 200 and answer.json()["active"]


def is_refreshed(partner, given) -> bool:
    return partner.refreshes(given["refresh_token"]).status_code == 200


PLACES = {
    "userinfo": is_served,
    "introspection": is_active,
    "introspection of a refresh token": lambda *to: is_active(*to, kind="refresh_token"),
    "refresh": is_refreshed,
}
each_place = pytest.mark.parametrize("asks", PLACES.values(), ids=PLACES)


@each_place
@pytest.mark.parametrize("end", [*OF_THE_GRANT, *OF_THE_PERSON, *OF_THE_PARTNER])
def test_it_ends_by_each_condition_alone(partner, signed_in, tokens, asks, end):
    end(signed_in, partner)
    assert not asks(partner, tokens)


@each_place
@pytest.mark.parametrize("end", [*OF_THE_GRANT, *OF_THE_PERSON])
def test_the_other_person_is_served_as_before(partner, signed_in, tokens, neighbours, asks, end):
    end(signed_in, partner)
    assert asks(partner, neighbours)


@each_place
@pytest.mark.parametrize("end", [*OF_THE_GRANT, *OF_THE_PARTNER])
def test_the_other_partner_is_served_as_before(
    partner, other_partner, signed_in, tokens, elsewhere, asks, end
):
    end(signed_in, partner)
    assert asks(other_partner, elsewhere)


@each_place
def test_without_an_end_it_is_served(partner, tokens, asks):
    assert asks(partner, tokens)


@pytest.mark.parametrize("end", [*OF_THE_GRANT, *OF_THE_PERSON])
def test_a_code_ends_by_each_condition_alone(partner, signed_in, neighbour, end):
    """Between the code and its redemption; the other person's is redeemed as before."""
    code, theirs = partner.code(signed_in), partner.code(neighbour)
    end(signed_in, partner)
    assert partner.exchanges(code).status_code != 200
    assert partner.exchanges(theirs).status_code == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_partner_asks_about_its_own_tokens_only(partner, other_partner, tokens, kind):
    """RFC 7662, section 2.2: those of others are not active for it."""
    assert is_active(partner, tokens, kind)
    assert not is_active(other_partner, tokens, kind)


def test_a_refresh_token_that_was_rotated_is_not_active(partner, tokens):
    """One of before the partner had a secret: since then it keeps the one that is good."""
    Grant.objects.update(refreshes=1)
    assert not is_active(partner, tokens, "refresh_token")


def test_a_refresh_token_is_not_active_at_a_partner_that_may_refresh_no_more(partner, tokens):
    Model.objects.filter(client_id=partner.client_id).update(grant_types=["authorization_code"])
    assert not is_active(partner, tokens, "refresh_token")
    assert is_active(partner, tokens)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_time_ends_it(partner, signed_in, tokens, kind, time_machine):
    Session.objects.update(
        expire_date=timezone.now() + timedelta(days=99), ends_at=timezone.now() + timedelta(days=99)
    )
    time_machine.move_to(timezone.now() + timedelta(days=98))
    assert not is_active(partner, tokens, kind)
