"""The sign-in form is the answer to a partner's request: a page like that of /connexion/, and every
promise of that page, at the address of the request."""

import re
from urllib.parse import urlsplit

import pytest
from django.contrib.messages.storage.cookie import CookieStorage

from accounts import return_to
from accounts.models import Session
from oidc_provider.grants import lifecycle
from tests.actors import EndUser
from tests.page_forms import form_to
from tests.relying_party import CALLBACK, RelyingParty, answer
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

SIGN_IN = "/connexion/"
STATE = "un-etat-que-personne-ne-lit"


@pytest.fixture
def partner() -> RelyingParty:
    return RelyingParty.registered(nc_consent="once")


@pytest.fixture
def person(end_user) -> EndUser:
    end_user.has_an_account()
    return end_user


def text(page) -> str:
    return page.content.decode()


def asks_to_sign_in(page) -> bool:
    return page.status_code == 200 and 'id="login-title"' in text(page)


def links(page) -> list[str]:
    found = re.findall(r'<a [^>]*?href="([^"]+)"', text(page))
    return [address.replace("&amp;", "&") for address in found]


def link(page, start: str) -> str:
    return next(address for address in links(page) if address.startswith(start))


def is_at_the_partner(page) -> bool:
    return page.get("Location", "").startswith(CALLBACK) and "code" in answer(page)


def agrees(person: EndUser, page):
    return person.submits(page.context["action"], {"allow": "1"})


def test_one_request_and_no_redirect(person, partner):
    page = person.client.get(partner.address())
    assert asks_to_sign_in(page)
    assert page["Cache-Control"] == "no-store"
    assert not Session.objects.exists()


def test_its_form_is_sent_to_the_sign_in_page_and_leads_on(person, partner):
    page = person.opens(partner.address(state=STATE))
    form = form_to(page, SIGN_IN)
    page = person.sends(form, username=person.email, password=person.password)
    assert answer(agrees(person, page))["state"] == STATE


def test_a_wrong_password_is_told_at_an_address_that_keeps_the_request(person, partner):
    person.opens(partner.address(state=STATE))
    page = person.submits(username=person.email, password="Faux2026xy")
    assert "incorrect" in text(page)
    again = person.opens(page.wsgi_request.get_full_path())
    assert again.context["destination"].partner_name == "impots.nc"
    page = person.submits(username=person.email, password=person.password)
    assert answer(agrees(person, page))["state"] == STATE


@pytest.mark.parametrize("ui_locales", [None, "fr", "fr en"])
def test_the_other_language_keeps_the_request(person, partner, ui_locales):
    """The person's choice counts, whatever the partner asked for."""
    page = person.opens(partner.address(state=STATE, ui_locales=ui_locales))
    english = person.opens(next(a for a in links(page) if "lang=en" in a))
    assert '<html lang="en"' in text(english)
    assert english.context["destination"].partner_name == "impots.nc"
    page = person.submits(username=person.email, password=person.password)
    assert answer(agrees(person, page))["state"] == STATE


def test_the_language_that_the_partner_asks_for(person, partner):
    page = person.opens(partner.address(ui_locales="en"))
    assert '<html lang="en"' in text(page)
    french = person.opens(next(a for a in links(page) if "lang=fr" in a))
    assert '<html lang="fr"' in text(french)


@pytest.mark.parametrize("door", ["/inscription/", "/mot-de-passe-oublie/"])
def test_the_pages_that_help_know_the_partner(person, partner, door):
    page = person.opens(partner.address())
    assert person.opens(link(page, door)).context["destination"].partner_name == "impots.nc"


def test_the_way_back_tells_the_partner(person, partner):
    page = person.opens(partner.address(state=STATE))
    left = answer(person.opens(link(page, "/oidc/authorize/quitter/")))
    assert (left["error"], left["state"]) == ("access_denied", STATE)


class TestSecrets:
    """The address of this page is the partner's request: nobody is told it."""

    def test_no_referer_tells_more_than_our_origin(self, person, partner):
        page = person.client.get(partner.address(state=STATE))
        assert page["Referrer-Policy"] == "strict-origin"
        assert 'name="referrer"' not in text(page)

    def test_no_address_on_it_says_the_state(self, person, partner):
        assert STATE not in text(person.client.get(partner.address(state=STATE)))

    def test_what_the_partner_writes_is_never_taken_for_a_field_of_ours(self, person, partner):
        address = f"{partner.address()}&next=/aide/&encore=1&essai=x&adresse=x"
        page = person.opens(address)
        assert page.context["destination"].partner_name == "impots.nc"
        assert "/aide/" not in page.context["next"]


class TestReloaded:
    """Who has signed in meanwhile, and comes back to it, is not asked what they have done."""

    def signs_in_in_another_tab(self, person: EndUser) -> None:
        other = EndUser(person.client, person.email, person.password)
        other.signs_in()

    @pytest.mark.parametrize("more", [{}, {"prompt": "consent"}, {"max_age": "300"}])
    def test_after_its_own_sign_in(self, person, partner, more):
        address = partner.address(**more)
        person.opens(address)
        page = person.submits(username=person.email, password=person.password)
        assert is_at_the_partner(agrees(person, page))
        page = person.opens(address)
        assert is_at_the_partner(page if "prompt" not in more else agrees(person, page))

    @pytest.mark.parametrize("more", [{"prompt": "login"}, {"prompt": "login consent"}])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_request_for_a_new_sign_in_counts_from_its_own_moment(
        self, person, partner, more, method
    ):
        page = getattr(person.client, method)(
            "/oidc/authorize", partner.parameters(**more), follow=True
        )
        address = page.wsgi_request.get_full_path()
        assert asks_to_sign_in(page)
        assert not address.startswith("/oidc/authorize?")
        person.page = page
        person.submits(username=person.email, password=person.password)
        assert not asks_to_sign_in(person.opens(address))

    @pytest.mark.parametrize("more", [{"max_age": "0"}, {"prompt": "select_account"}])
    def test_nor_is_one_that_wants_the_person_to_choose(self, person, partner, more):
        page = person.opens(partner.address(**more))
        assert page.wsgi_request.path == SIGN_IN

    def test_in_a_second_tab_it_says_who_goes_on(self, person, partner):
        person.opens(partner.address())
        self.signs_in_in_another_tab(person)
        assert not asks_to_sign_in(person.opens(partner.address()))


def test_a_posted_request_is_shown_the_form_by_get(person, partner):
    """So that it can be reloaded without a question of the browser."""
    posted = person.client.post("/oidc/authorize", partner.parameters())
    assert posted.status_code == 303
    page = person.client.get(posted["Location"])
    assert asks_to_sign_in(page)


@pytest.mark.parametrize("prompt", ["none", "create"])
def test_other_prompts_are_answered_to_the_partner(person, partner, prompt):
    assert "error" in answer(person.client.get(partner.address(prompt=prompt)))


def test_a_consent_whose_session_has_just_ended_is_no_page_in_answer_to_a_form(
    person, partner, monkeypatch
):
    """After a form there is always a redirect: what it leads to can be reloaded."""

    def over(*arguments):
        raise lifecycle.SessionOver

    person.opens(partner.address())
    page = person.submits(username=person.email, password=person.password)
    monkeypatch.setattr(lifecycle, "issue", over)
    answered = person.form("allow").sent_by(person.client, allow="1")
    assert answered.status_code == 302
    assert answered["Location"].startswith(SIGN_IN)
    assert page.status_code == 200


def test_the_address_that_the_partner_knows_is_filled_in(person, partner):
    page = person.opens(partner.address(login_hint="moana@exemple.nc"))
    assert person.form("username").fields["username"] == ["moana@exemple.nc"]
    assert asks_to_sign_in(page)


@pytest.mark.parametrize("hint", ['"><b>moana', "moana", "' onfocus=x@exemple.nc"])
def test_what_is_no_address_is_not_filled_in(person, partner, hint):
    page = person.opens(partner.address(login_hint=hint))
    assert "moana" not in text(page)
    assert "onfocus" not in text(page)


def test_who_has_to_be_told_something_is_told_it(person, partner):
    person.client.cookies[CookieStorage.cookie_name] = "quelque chose"
    page = person.opens(partner.address())
    assert page.wsgi_request.path == SIGN_IN
    assert page.context["destination"].partner_name == "impots.nc"


def test_whose_session_ran_out_signs_in_here_too(person, partner):
    person.signs_in()
    Session.objects.all().delete()
    page = person.client.get(partner.address())
    assert asks_to_sign_in(page)
    assert "Se déconnecter" not in text(page)


def test_an_address_of_a_former_server_shows_it_too(person, partner):
    query = urlsplit(partner.address()).query
    page = person.opens(f"/v2/authorize?{query}")
    assert form_to(page, SIGN_IN).fields["next"] == [page.context["next"]]


def test_other_people_s_browsers_see_nothing_of_it(person, partner):
    first = person.client.get(partner.address(state=STATE))
    second = StrictClient().get(partner.address(state="autre"))
    ways = [page.context["next"] for page in (first, second)]
    assert ways[0] != ways[1]
    assert return_to.destination(ways[1]).partner_name == "impots.nc"
    assert ways[0] not in text(second)
