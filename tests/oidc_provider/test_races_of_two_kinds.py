"""Two different things at once about one person's tokens, on PostgreSQL, with real threads.

Whichever comes first, what was ended is ended, no answer is a failure, and the other person keeps
theirs.
"""

import pytest

from accounts.flows import sessions, suspension
from accounts.models import Session, User
from ncconnect.audit.models import Event
from oidc_provider.models import Grant
from tests.actors import EndUser
from tests.at_once import at_once
from tests.relying_party import RelyingParty, answer
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


def presses(person):
    """« Se connecter », on the page in front of them; what the form itself is answered with."""
    form = person.form("username", "password")
    return form.sent_by(person.client, username=person.email, password=person.password)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_sign_in_for_a_partner_and_suspend(partner, moana, other, _round):
    """The session and its code are written together, or neither is, and both end together."""
    signs_in(moana).signs_out()
    moana.opens(partner.address())
    together(
        lambda: presses(moana),
        lambda: suspension.suspend(User.objects.get(email=moana.email), actor=moana.account),
    )
    assert not Grant.objects.filter(subject__user=moana.account, revoked_at=None).exists()
    assert moana.client.get("/mon-compte/").status_code == 302


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_sign_in_anew_for_a_partner_and_end_all_sessions(partner, moana, other, _round):
    """The person is at the partner with a code of a session that is there, or is asked again, or is
    told that their session ended meanwhile (409), with the way on."""
    signs_in(moana)
    moana.opens(partner.address(prompt="login"))
    pressed = together(
        lambda: presses(moana), lambda: sessions.end_all(moana.account, reason="staff")
    )
    alive = Session.objects.filter(user=moana.account)
    grants = Grant.objects.filter(subject__user=moana.account, revoked_at=None)
    assert {grant.session_id for grant in grants} <= {session.pk for session in alive}
    assert ("code" in answer(pressed)) or pressed.status_code in (200, 302, 400, 409)


def test_one_form_pressed_ten_times_at_once(partner, moana, other):
    """Each answer leads to the partner, with a code and a session of its own in the trail."""
    signs_in(moana).signs_out()
    page = moana.opens(partner.address())
    forms = [moana.form("username", "password") for _ in range(10)]
    browsers = [StrictClient() for _ in forms]
    for browser in browsers:
        browser.cookies.update(moana.client.cookies)
    before = Event.objects.filter(event="sign_in").count()
    fields = {"username": moana.email, "password": moana.password}
    answers = at_once(10, lambda place: forms[place].sent_by(browsers[place], **fields))
    assert page.status_code == 200
    codes = {answer(one)["code"] for one in answers if one.status_code == 303}
    assert len(codes) == Grant.objects.filter(subject__user=moana.account).count() > 0
    assert Event.objects.filter(event="sign_in").count() == before + len(codes)
    assert {one.status_code for one in answers} <= {303, 429, 503}
