"""Two different things at once about one person's tokens, on PostgreSQL, with real threads.

Whichever comes first, what was ended is ended, no answer is a failure, and the other person keeps
theirs.
"""

import pytest

from accounts.flows import suspension
from accounts.models import User
from oidc_provider.models import Grant
from tests.actors import EndUser
from tests.at_once import at_once
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("needs_postgresql")]
ROUNDS = 6


@pytest.fixture(params=[False, True], ids=["keeps its token", "rotates it"])
def is_public(request) -> bool:
    return request.param


@pytest.fixture
def partner(is_public):
    kind = {"token_endpoint_auth_method": "none", "client_secret": None} if is_public else {}
    return RelyingParty.registered(grant_types=["authorization_code", "refresh_token"], **kind)


@pytest.fixture
def other(partner):
    """Another person's tokens, good before and after."""
    jean = EndUser(StrictClient(REMOTE_ADDR="203.0.113.9"), email="jean@exemple.nc")
    jean.has_an_account()
    jean.signs_in()
    given = partner.tokens(jean)
    yield given
    assert partner.userinfo(given["access_token"]).status_code == 200
    assert partner.refreshes(given["refresh_token"]).status_code == 200


@pytest.fixture
def moana():
    return EndUser(StrictClient())


def signs_in(person):
    person.account = User.objects.filter(email=person.email).first() or person.has_an_account()
    person.signs_in()
    return person


def together(first, second):
    """Run both at the same instant; the answer of the first. Neither raises."""
    outcomes = at_once(2, lambda place: (first, second)[place]())
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    return outcomes[0]


def is_dead(partner, answer) -> bool:
    """Nothing that this answer gave serves any more."""
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        return True
    given = answer.json()
    served = partner.userinfo(given["access_token"]).status_code
    return served == 401 and partner.refreshes(given["refresh_token"]).status_code == 400


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_refresh_and_revoke(partner, is_public, moana, other, _round):
    """RFC 7009, section 2.1: the whole family of a revoked refresh token, or a used one's heir.

    A token that a rotation has used up is worth nothing already: its heir then lives on.
    """
    token = partner.tokens(signs_in(moana))["refresh_token"]
    refreshed = together(
        lambda: partner.refreshes(token),
        lambda: partner.calls("/oidc/revoke", {"token": token}),
    )
    grant = Grant.objects.filter(subject__user=moana.account).get()
    assert grant.revoked_at or is_public
    if grant.revoked_at:
        assert is_dead(partner, refreshed)
    else:
        assert partner.userinfo(refreshed.json()["access_token"]).status_code == 200


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_sign_out_and_refresh(partner, moana, other, _round):
    token = partner.tokens(signs_in(moana))["refresh_token"]
    refreshed = together(lambda: partner.refreshes(token), moana.signs_out)
    assert Grant.objects.filter(subject__user=moana.account).get().revoked_at
    assert is_dead(partner, refreshed)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_suspend_and_redeem(partner, moana, other, _round):
    code = partner.code(signs_in(moana))
    redeemed = together(
        lambda: partner.exchanges(code),
        lambda: suspension.suspend(User.objects.get(email=moana.email), actor=moana.account),
    )
    assert is_dead(partner, redeemed)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_suspend_and_refresh(partner, moana, other, _round):
    token = partner.tokens(signs_in(moana))["refresh_token"]
    refreshed = together(
        lambda: partner.refreshes(token),
        lambda: suspension.suspend(User.objects.get(email=moana.email), actor=moana.account),
    )
    assert is_dead(partner, refreshed)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_sign_out_and_redeem(partner, moana, other, _round):
    code = partner.code(signs_in(moana))
    redeemed = together(lambda: partner.exchanges(code), moana.signs_out)
    assert is_dead(partner, redeemed)
