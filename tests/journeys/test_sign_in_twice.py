"""A sign-in that is sent twice, late, from a second tab, or returned to: it worked, and says so."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import return_to
from accounts.models import Session, User
from tests.actors import EndUser, hidden_fields
from tests.relying_party import CALLBACK, RelyingParty, answer
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

SIGN_IN = "/connexion/"


@pytest.fixture
def browser():
    """One that our forms are protected in, as they are in every browser."""
    return StrictClient(enforce_csrf_checks=True)


@pytest.fixture
def person(browser):
    person = EndUser(browser)
    person.has_an_account()
    return person


@pytest.fixture
def sister(browser):
    """Another person in front of the same browser."""
    sister = EndUser(browser, email="rose@exemple.nc")
    sister.has_an_account()
    return sister


@pytest.fixture
def partner():
    return RelyingParty.registered()


class Tab:
    """A sign-in page that one tab of a browser shows, to be sent now, later or twice."""

    def __init__(self, person, address):
        self.person = person
        self.page = person.opens(address)
        self.address = self.page.wsgi_request.get_full_path()
        self.form = person.form("username", "password")

    @property
    def way(self) -> str:
        """Where the form leads on to."""
        return self.form.fields["next"][0]

    def sends(self, **changes):
        fields = {"username": self.person.email, "password": self.person.password}
        return self.person.sends(self.form, **fields | changes)


def signed_in_as(browser) -> User | None:
    page = browser.get("/mon-compte/")
    return page.context["user"] if page.status_code == 200 else None


def is_at_the_partner(page) -> bool:
    return page.get("Location", "").startswith(CALLBACK) and "code" in answer(page)


def test_a_second_click_on_a_slow_line_reaches_the_partner(person, partner):
    """The first answer has come, with its cookies; the browser had sent the form again by then."""
    tab = Tab(person, partner.address())
    assert is_at_the_partner(tab.sends())
    assert is_at_the_partner(tab.sends())
    assert Session.objects.alive().filter(user__email=person.email).count() == 1


def test_a_second_click_without_a_partner_ends_in_the_space(person):
    tab = Tab(person, SIGN_IN)
    for _ in range(2):
        assert tab.sends().wsgi_request.path == "/mon-compte/"


def test_back_and_reload_lead_on_to_the_partner(person, partner):
    tab = Tab(person, partner.address())
    tab.sends()
    assert is_at_the_partner(person.opens(tab.address))


def test_the_form_of_a_second_tab_leads_to_its_own_partner(person, partner):
    other = RelyingParty.registered(
        client_id="province", redirect_uris=["https://province.example.nc/retour"]
    )
    first, second = Tab(person, partner.address()), Tab(person, other.address())
    assert is_at_the_partner(first.sends())
    assert second.sends()["Location"].startswith("https://province.example.nc/retour?code=")


def test_a_wrong_password_typed_meanwhile_changes_nothing(person, partner):
    tab = Tab(person, partner.address())
    tab.sends()
    assert is_at_the_partner(tab.sends(password="Faux2026xy"))


class TestSomebodyElse:
    """Two people share a browser: neither enters in the place of the other."""

    def test_a_form_of_another_is_not_answered_in_the_name_of_who_is_signed_in(
        self, person, sister, partner, browser
    ):
        hers = Tab(sister, partner.address())
        Tab(person, SIGN_IN).sends()
        page = hers.sends()
        assert page.status_code == 200
        assert "Un autre compte vient de se connecter" in page.content.decode()
        assert signed_in_as(browser).email == person.email
        fields = {"username": sister.email, "password": sister.password}
        page = sister.submits(page.wsgi_request.get_full_path(), hidden_fields(page) | fields)
        assert is_at_the_partner(page)
        assert signed_in_as(browser).email == sister.email
        assert not Session.objects.filter(user__email=person.email).exists()

    def test_another_account_is_asked_for_although_somebody_is_signed_in(
        self, person, sister, partner, browser
    ):
        Tab(person, SIGN_IN).sends()
        page = person.opens(partner.address())
        other = page.context["other_account"]
        tab = Tab(sister, other)
        assert tab.page.status_code == 200
        assert is_at_the_partner(tab.sends())
        assert is_at_the_partner(tab.sends())
        assert signed_in_as(browser).email == sister.email


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "0"}])
def test_who_must_sign_in_again_may_press_twice_too(person, partner, changes):
    """Core, 3.1.2.1: it is asked although somebody is signed in; once is enough for it."""
    Tab(person, SIGN_IN).sends()
    tab = Tab(person, partner.address(**changes))
    assert tab.page.wsgi_request.path == SIGN_IN
    assert is_at_the_partner(tab.sends())
    assert is_at_the_partner(tab.sends())


def test_a_request_that_is_too_old_says_so_to_whoever_is_signed_in(person, partner):
    tab = Tab(person, return_to.carry(SIGN_IN, Tab(person, partner.address()).way))
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        Tab(person, SIGN_IN).sends()
        page = person.opens(tab.address)
    assert page.status_code == 400
    assert "Votre demande a expiré" in page.content.decode()


def test_a_form_of_a_page_of_nobody_is_still_refused(person, browser):
    """Without a session there is nobody to lead on: the page says that it is out of date."""
    Tab(person, SIGN_IN)
    page = browser.post(
        SIGN_IN,
        {"username": person.email, "password": person.password, "csrfmiddlewaretoken": "x" * 64},
    )
    assert page.status_code == 403
    assert "Cette page n’est plus à jour" in page.content.decode()
    assert signed_in_as(browser) is None
