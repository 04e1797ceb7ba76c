"""« Retirer l’accès » at the same instant as a sign-in at that partner, a new agreement, the end of
the sessions: in whichever order, one after the other, and none is half done. On PostgreSQL."""

import pytest

from accounts.flows import sessions
from accounts.models import Session, User
from oidc_provider.models import Consent, Grant, LogoutNotice
from oidc_provider.models import RelyingParty as Model
from oidc_provider.self_care import withdrawal
from tests.actors import EndUser
from tests.at_once import at_once
from tests.relying_party import RelyingParty, answer
from tests.strict_client import StrictClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("needs_postgresql")]
ROUNDS = range(8)


@pytest.fixture
def partner():
    return RelyingParty.registered(
        nc_consent="once",
        backchannel_logout_uri="https://impots.example.nc/deconnexion",
        scope="openid email offline_access",
        grant_types=["authorization_code", "refresh_token"],
    )


@pytest.fixture
def moana():
    person = EndUser(StrictClient())
    person.account = person.has_an_account()
    person.signs_in()
    return person


@pytest.fixture
def jean(partner):
    """Another person at this partner, whom nothing happens to."""
    person = EndUser(StrictClient(REMOTE_ADDR="203.0.113.9"), email="jean@exemple.nc")
    person.has_an_account()
    person.signs_in()
    tokens = partner.tokens(person)
    yield person
    assert partner.userinfo(tokens["access_token"]).status_code == 200
    assert Consent.objects.filter(user__email=person.email).exists()


def withdraw(person):
    withdrawal.withdraw(User.objects.get(email=person.email), Model.objects.get())


def together(*actions):
    outcomes = at_once(len(actions), lambda place: actions[place]())
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    return outcomes


def is_whole(person) -> None:
    """What is alive was agreed to: after a withdrawal nothing is, but what was agreed anew."""
    alive = Grant.objects.filter(subject__user__email=person.email, revoked_at=None)
    agreed = Consent.objects.filter(user__email=person.email).exists()
    assert agreed or not alive.exists()


@pytest.mark.parametrize("_round", ROUNDS)
def test_and_a_code_on_the_agreement_there_was(partner, moana, jean, _round):
    partner.tokens(moana)
    page, _ = together(lambda: moana.opens(partner.address()), lambda: withdraw(moana))
    assert not Grant.objects.filter(subject__user=moana.account, revoked_at=None).exists()
    assert "code" in answer(page) or b'id="consent-title"' in page.content
    if "code" in answer(page):
        assert partner.exchanges(answer(page)["code"]).status_code == 400


@pytest.mark.parametrize("_round", ROUNDS)
def test_and_a_new_agreement(partner, moana, jean, _round):
    partner.tokens(moana)
    page = moana.opens(partner.address(prompt="consent"))
    form = moana.form("allow")
    pressed, _ = together(lambda: form.sent_by(moana.client, allow="1"), lambda: withdraw(moana))
    assert page.status_code == 200
    assert "code" in answer(pressed)
    is_whole(moana)
    redeemed = partner.exchanges(answer(pressed)["code"]).status_code
    assert (redeemed == 200) is Consent.objects.filter(user=moana.account).exists()


@pytest.mark.parametrize("_round", ROUNDS)
def test_and_the_end_of_all_sessions(partner, moana, jean, _round):
    """Each visit is told of once, by the one or the other."""
    partner.tokens(moana)
    other = EndUser(StrictClient(), moana.email)
    other.signs_in()
    partner.tokens(other)
    together(lambda: withdraw(moana), lambda: sessions.end_all(moana.account, reason="by_person"))
    assert LogoutNotice.objects.count() == 2
    assert not Session.objects.filter(user=moana.account).exists()
    is_whole(moana)


@pytest.mark.parametrize("_round", ROUNDS)
def test_and_a_refresh(partner, moana, jean, _round):
    token = partner.tokens(moana, scope="openid email offline_access")["refresh_token"]
    refreshed, _ = together(lambda: partner.refreshes(token), lambda: withdraw(moana))
    if refreshed.status_code == 200:
        assert partner.userinfo(refreshed.json()["access_token"]).status_code == 401
    assert partner.refreshes(token).status_code == 400
    is_whole(moana)


def test_ten_times_at_once(partner, moana, jean):
    partner.tokens(moana)
    together(*[lambda: withdraw(moana)] * 10)
    assert LogoutNotice.objects.count() == 1
    is_whole(moana)
