"""The form of a sign-in is answered with the code itself, when nothing more is to be asked."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone

from accounts.flows import credentials, sign_in, suspension
from accounts.models import Session, User
from ncconnect.audit.models import Event
from oidc_provider.grants import lifecycle
from oidc_provider.models import Grant
from oidc_provider.models import RelyingParty as Partner
from tests.actors import EndUser
from tests.relying_party import CALLBACK, RelyingParty, answer, destination
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> RelyingParty:
    return RelyingParty.registered()


@pytest.fixture
def person(end_user) -> EndUser:
    end_user.has_an_account()
    return end_user


def presses(person: EndUser, **changes):
    """« Se connecter », on the page that is shown; what the form itself is answered with."""
    fields = {"username": person.email, "password": person.password} | changes
    return person.form("username", "password").sent_by(person.client, **fields)


def goes_on(answered) -> bool:
    """To a page of ours, at the address of the request."""
    return answered.status_code == 302 and answered["Location"].startswith("/oidc/authorize/suite/")


class TestAnswer:
    @pytest.fixture
    def answered(self, person, partner):
        person.opens(partner.address(state="un-etat"))
        return presses(person)

    def test_it_leads_to_the_partner_with_code_state_and_issuer(self, answered):
        assert answered.status_code == 303
        assert destination(answered) == CALLBACK
        assert answer(answered).keys() == {"code", "state", "iss"}
        assert answer(answered)["state"] == "un-etat"

    def test_it_is_kept_and_told_by_nobody(self, answered):
        assert answered["Cache-Control"] == "no-store"
        assert answered["Referrer-Policy"] == "no-referrer"

    def test_its_code_is_worth_tokens_of_this_sign_in(self, answered, partner):
        session = Session.objects.get()
        claims = partner.claims(partner.exchanges(answer(answered)["code"]).json()["id_token"])
        assert claims["auth_time"] == int(session.authenticated_at.timestamp())
        assert claims["nonce"] == "un-nombre"

    def test_one_session_one_code_and_one_line_in_the_trail(self, answered, person):
        session, grant = Session.objects.get(), Grant.objects.get()
        assert grant.session_id == session.pk
        written = Event.objects.get(event="sign_in")
        assert written.user_id == session.user_id
        assert written.facts["session"] == str(session.pk)

    def test_the_browser_is_signed_in_and_known(self, answered, person):
        assert {"session", "appareil"} <= answered.cookies.keys()
        assert person.opens("/mon-compte/").status_code == 200

    def test_other_browsers_are_not(self, answered):
        assert StrictClient().get("/mon-compte/").status_code == 302


def test_a_wrong_password_gives_no_code(person, partner):
    person.opens(partner.address())
    assert presses(person, password="Faux2026xy").status_code == 200
    assert not Grant.objects.exists()
    assert not Session.objects.exists()


def test_a_consent_is_asked_on_its_page(person):
    person.opens(RelyingParty.registered(nc_consent="once").address())
    answered = presses(person)
    assert goes_on(answered)
    assert not Grant.objects.exists()
    assert 'id="consent-title"' in person.opens(answered["Location"]).content.decode()


def test_a_remembered_consent_is_not_asked_again(person):
    partner = RelyingParty.registered(nc_consent="once")
    person.opens(partner.address())
    page = person.opens(presses(person)["Location"])
    person.submits(page.context["action"], {"allow": "1"})
    phone = EndUser(StrictClient(), person.email, person.password)
    phone.opens(partner.address())
    assert "code" in answer(presses(phone))


def test_an_answer_by_form_is_a_page_that_can_be_reloaded(person, partner):
    person.opens(partner.address(response_mode="form_post"))
    answered = presses(person)
    assert goes_on(answered)
    assert "code" in answer(person.opens(answered["Location"]))


def test_who_is_asked_to_sign_in_anew_goes_on_at_once_too(person, partner):
    person.signs_in()
    session = Session.objects.get()
    person.opens(partner.address(prompt="login"))
    assert "code" in answer(presses(person))
    assert Session.objects.get().pk == session.pk


def test_whom_the_partner_did_not_mean_is_told_so_at_the_address_of_the_request(person, partner):
    person.signs_in()
    hint = partner.tokens(person)["id_token"]
    other = EndUser(StrictClient(), email="une.autre@exemple.nc")
    other.has_an_account()
    other.opens(partner.address(id_token_hint=hint))
    answered = presses(other)
    assert goes_on(answered)
    assert answer(other.opens(answered["Location"]))["error"] == "login_required"
    assert Grant.objects.count() == 1  # the first person's own


def test_a_partner_that_was_suspended_meanwhile_gets_nothing(person, partner):
    person.opens(partner.address())
    suspended = Partner.objects.get()
    suspended.is_active = False
    suspended.save()
    answered = presses(person)
    assert goes_on(answered)
    assert person.opens(answered["Location"]).status_code == 400
    assert not Grant.objects.exists()


def test_a_request_that_is_too_old_gives_nothing(person, partner):
    person.opens(partner.address())
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        answered = presses(person)
    assert "code" not in answer(answered)
    assert not Grant.objects.exists()


def test_a_sign_in_whose_code_cannot_be_written_is_no_sign_in(person, partner, monkeypatch):
    """Both, or neither: whoever presses again begins anew, and nobody's session is left behind."""

    def away(*arguments):
        raise OperationalError("the database did not answer")

    person.opens(partner.address())
    person.client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr(lifecycle, "issue", away)
        answered = presses(person)
    assert answered.status_code == 503
    assert "session" not in answered.cookies
    assert not Session.objects.exists()
    assert not Event.objects.filter(event="sign_in").exists()
    assert "code" in answer(presses(person))


class TestChangedWhileThePasswordWasHashed:
    """What was right when it was read is not when the session is written: nobody is signed in."""

    @pytest.fixture(params=["suspended", "another password"])
    def begins(self, request, monkeypatch) -> Callable[[], None]:
        """From then on, this happens to whoever signs in, once their password was found right."""
        tried = sign_in.sign_in

        def meanwhile(**facts):
            found = user, _device = tried(**facts)
            held = User.objects.get(pk=user.pk)
            if request.param == "suspended":
                suspension.suspend(held, actor=held)
            else:
                credentials.replace(held, credentials.encoded("Un autre lagon 2026"))
                credentials.end_all(held, reason="password_reset")
            return found

        return lambda: monkeypatch.setattr(sign_in, "sign_in", meanwhile)

    @pytest.fixture
    def changed(self, begins):
        begins()

    def nobody_is_signed_in(self, person, answered) -> bool:
        assert answered.status_code == 200
        assert "incorrect" in answered.content.decode()
        assert not Session.objects.filter(user__email=person.email).exists()
        assert not Grant.objects.filter(subject__user__email=person.email).exists()
        return person.client.get("/mon-compte/").status_code == 302

    @pytest.fixture
    def other(self) -> EndUser:
        other = EndUser(StrictClient(), email="rose@exemple.nc")
        other.has_an_account()
        other.signs_in()
        return other

    def test_in_a_new_browser(self, person, partner, other, begins):
        begins()
        person.opens(partner.address())
        assert self.nobody_is_signed_in(person, presses(person))
        [refused] = Event.objects.filter(event="sign_in_refused")
        assert refused.facts == {"reason": "changed_meanwhile"}
        assert other.client.get("/mon-compte/").status_code == 200

    def test_in_a_browser_that_is_signed_in(self, person, partner, begins):
        person.signs_in()
        begins()
        person.opens(partner.address(prompt="login"))
        assert self.nobody_is_signed_in(person, presses(person))

    def test_in_the_browser_of_another_person_who_stays_signed_in(self, person, partner, begins):
        sister = EndUser(person.client, email="rose@exemple.nc")
        sister.has_an_account()
        sister.signs_in()
        begins()
        person.opens(partner.address(prompt="login"))
        assert "incorrect" in presses(person).content.decode()
        assert sister.email in person.opens("/mon-compte/").content.decode()
        assert {session.user.email for session in Session.objects.all()} == {sister.email}

    @pytest.mark.usefixtures("changed")
    def test_without_a_partner(self, person):
        person.opens("/connexion/")
        assert self.nobody_is_signed_in(person, presses(person))

    @pytest.mark.usefixtures("changed")
    def test_nothing_is_left_that_comes_back(self, person):
        """Once the account is open again, its owner signs in: no session waits for that."""
        person.opens("/connexion/")
        presses(person)
        User.objects.update(is_active=True)
        assert person.client.get("/mon-compte/").status_code == 302


def test_a_session_that_ended_at_that_moment_is_asked_for_again(person, partner, monkeypatch):
    def over(*arguments):
        raise lifecycle.SessionOver

    person.opens(partner.address())
    monkeypatch.setattr(lifecycle, "issue", over)
    assert goes_on(presses(person))


def test_an_answer_that_was_lost_is_given_again(person, partner):
    """The browser never had the cookies of the first answer: it sends the same form once more."""
    page = person.opens(partner.address())
    kept = dict(person.client.cookies.items())
    first = presses(person)
    person.client.cookies.clear()
    person.client.cookies.update(kept)
    person.page = page
    second = presses(person)
    assert destination(second) == destination(first) == CALLBACK
    assert answer(second)["state"] == answer(first)["state"]
    assert "error" not in partner.exchanges(answer(second)["code"]).json()


def test_the_session_of_another_person_in_this_browser_ends(person, partner):
    sister = EndUser(person.client, email="rose@exemple.nc")
    sister.has_an_account()
    sister.signs_in()
    person.opens(partner.address(prompt="login"))
    assert "code" in answer(presses(person))
    assert {session.user.email for session in Session.objects.all()} == {person.email}
