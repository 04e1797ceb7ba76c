"""Real threads on a real server: of any number of parallel uses, exactly one wins."""

from collections import Counter
from threading import Event

import pytest

from accounts.flows import sessions
from accounts.models import Session
from accounts.signals import sessions_ending
from oidc_provider.grants import consents
from oidc_provider.models import Consent, Grant
from oidc_provider.models import RelyingParty as Record
from tests import at_once as together
from tests.actors import EndUser
from tests.relying_party import RelyingParty

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("needs_postgresql")]
TRIES = 20


@pytest.fixture
def partner():
    return RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])


def at_once(use) -> list:
    """What ``use`` returns to TRIES threads that start together."""
    return together.at_once(TRIES, lambda _: use())


def test_twenty_redemptions_of_one_code(partner, end_user):
    end_user.has_an_account()
    end_user.signs_in()
    code = partner.code(end_user)
    responses = at_once(lambda: partner.exchanges(code))
    assert Counter(r.status_code for r in responses) == {200: 1, 400: TRIES - 1}
    assert {r.json()["error"] for r in responses if r.status_code == 400} == {"invalid_grant"}
    # What the winner got died with the replay, and nobody else got anything.
    assert Grant.objects.get().revoked_at is not None
    winner = next(r for r in responses if r.status_code == 200).json()
    assert partner.userinfo(winner["access_token"]).status_code == 401


@pytest.mark.parametrize("public", [False, True])
def test_twenty_refreshes_at_once_all_go_on(end_user, public):
    """A page with twenty parts, whose requests all find that the access token has ended."""
    method = {"token_endpoint_auth_method": "none", "client_secret": None} if public else {}
    partner = RelyingParty.registered(grant_types=["authorization_code", "refresh_token"], **method)
    end_user.has_an_account()
    end_user.signs_in()
    first = partner.tokens(end_user)
    responses = at_once(lambda: partner.refreshes(first["refresh_token"]))
    assert Counter(r.status_code for r in responses) == {200: TRIES}
    assert Grant.objects.get().refreshes == int(public)
    given = [r.json() for r in responses]
    assert len({answer["refresh_token"] for answer in given}) == 1
    for answer in (first, *given):
        assert partner.userinfo(answer["access_token"]).status_code == 200
    assert partner.refreshes(given[0]["refresh_token"]).status_code == 200


def test_twenty_first_visits_agree_on_one_subject(partner, end_user):
    from django.test import Client

    end_user.has_an_account()
    end_user.signs_in()
    cookies = end_user.client.cookies

    def visit():
        browser = Client()
        browser.cookies = cookies
        return partner.sends(EndUser(browser))

    assert Counter(r.status_code for r in at_once(visit)) == {303: TRIES}
    assert Grant.objects.values("subject").distinct().count() == 1


@pytest.mark.parametrize("before", [[], ["openid"]])
@pytest.mark.parametrize("_round", range(5))
def test_two_agreements_at_once_are_both_kept(partner, end_user, before, _round):
    """In two tabs, to two different lists, the first ones of this person or later ones."""
    user = end_user.has_an_account()
    record = Record.objects.get()
    if before:
        consents.give(user, record, before)
    lists = (["openid", "email"], ["openid", "profile"])
    outcomes = together.at_once(2, lambda place: consents.give(user, record, lists[place]))
    assert outcomes == [None, None]
    assert Consent.objects.get().scope == "email openid profile"


def test_no_code_is_given_while_the_session_ends(partner, end_user):
    """The sign-out has revoked what there was, and has not deleted the session yet."""
    end_user.has_an_account()
    end_user.signs_in()
    partner.code(end_user)
    revoked, answered = Event(), Event()

    def stall(**kwargs):
        revoked.set()
        answered.wait(1)  # in vain: the request waits for this very sign-out

    def act(place: int):
        if place == 0:
            return sessions.end(Session.objects.all(), reason="signed_out")
        assert revoked.wait(10)
        response = partner.sends(end_user)
        answered.set()
        return response

    sessions_ending.connect(stall)
    try:
        ended, response = together.at_once(2, act)
    finally:
        sessions_ending.disconnect(stall)
    assert ended == 1
    assert 'id="login"' in response.content.decode()
    assert not Grant.objects.filter(revoked_at=None).exists()


def test_twenty_processes_that_start_together_make_one_key_of_each_kind():
    from oidc_provider.keys import keyring
    from oidc_provider.models import SigningKey

    at_once(keyring._load)
    assert SigningKey.objects.count() == len(keyring.ALGORITHMS)
    keyring.forget()
