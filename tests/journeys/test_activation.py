"""Following the link of the mail « Confirmation d’inscription »."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from tests.actors import EndUser, hidden_fields, link_of
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def link(end_user) -> str:
    """The address in the mail, once the person has signed up."""
    end_user.signs_up()
    return link_of(end_user.mails()[0])


@pytest.fixture
def elsewhere(end_user) -> EndUser:
    """The same person, on another device."""
    return EndUser(StrictClient(REMOTE_ADDR="198.51.100.7"), end_user.email, end_user.password)


def is_activated() -> bool:
    return User.objects.get().is_activated


def test_in_the_browser_that_signed_up_the_link_activates_at_once(end_user, link):
    page = end_user.opens(link)
    assert "Votre compte NC Connect est maintenant activé." in text(page)
    assert is_activated()
    assert "S’identifier avec NC Connect" in text(page)


def test_the_address_bar_does_not_keep_the_token(end_user, link):
    assert link.split("/")[-2] not in end_user.opens(link).request["PATH_INFO"]


def test_elsewhere_the_password_of_the_sign_up_is_asked(elsewhere, link):
    page = elsewhere.opens(link)
    assert "Pour terminer, saisissez le mot de passe que vous avez choisi" in text(page)
    assert not is_activated()
    page = elsewhere.sends(password=elsewhere.password)
    assert "Votre compte NC Connect est maintenant activé." in text(page)
    assert is_activated()


def test_a_wrong_password_does_not_activate(elsewhere, link):
    elsewhere.opens(link)
    page = elsewhere.sends(password="Un Autre Secret 1")
    assert "Ce n’est pas le mot de passe choisi à l’inscription." in text(page)
    assert not is_activated()


def test_passwords_are_tried_a_limited_number_of_times(elsewhere, link):
    elsewhere.opens(link)
    for _ in range(10):
        elsewhere.sends(password="Un Autre Secret 1")
    page = elsewhere.sends(password=elsewhere.password)
    assert page.status_code == 429
    assert not is_activated()


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_mail_scanner_does_not_use_the_link_up(end_user, link, method):
    scanner = StrictClient(REMOTE_ADDR="198.51.100.99")
    for _ in range(3):
        getattr(scanner, method)(link)
    assert not is_activated()
    assert "est maintenant activé" in text(end_user.opens(link))


def test_a_head_request_changes_nothing_even_in_the_own_browser(end_user, link):
    end_user.client.head(link)
    assert not is_activated()


def test_a_stranger_cannot_open_an_account_on_somebody_elses_address(end_user, stranger):
    """The owner of the mailbox follows the link of a sign-up that is not theirs: nothing opens
    without the stranger's password, which they do not have."""
    stranger.email = end_user.email
    stranger.signs_up()
    page = end_user.follows_the_link("activation")
    assert "saisissez le mot de passe" in text(page)
    assert not is_activated()
    stranger.signs_in()
    assert stranger.opens(reverse("accounts:home")).request["PATH_INFO"] != "/mon-compte/"


def test_the_link_of_an_open_account_says_so(end_user, link):
    end_user.opens(link)
    page = end_user.opens(link)
    assert page.status_code == 410
    assert "Votre compte est déjà activé" in text(page)
    assert reverse("accounts:sign_in") in text(page)


def test_an_expired_link_offers_a_new_one(elsewhere, link):
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        page = elsewhere.opens(link)
        assert "Ce lien a expiré" in text(page)
        page = elsewhere.submits(reverse("accounts:activation_renewal"), hidden_fields(page))
        assert "Consultez votre messagerie" in text(page)
        elsewhere.follows_the_link("activation")
        page = elsewhere.sends(password=elsewhere.password)
        assert "est maintenant activé" in text(page)


@pytest.mark.parametrize("token", ["abc", "%00", "%ff", "é", "A" * 10_000, "..%2F", "A" * 43])
def test_a_broken_link_says_so(client, token):
    response = client.get(f"/activation/{token}/")
    assert response.status_code in (404, 410)
    if response.status_code == 410:
        assert "Ce lien n’est pas valable" in text(response)
        assert response["Referrer-Policy"] == "no-referrer"


def test_the_way_leads_on_to_where_the_person_came_from(end_user):
    end_user.signs_up(way="/aide/")
    end_user.follows_the_link("activation")
    assert end_user.page.request["QUERY_STRING"].startswith("next=%2Faide%2F&adresse=")


def test_renewal_without_a_link_leads_to_the_sign_up(client):
    person = EndUser(client)
    person.opens(reverse("accounts:sign_in"))
    page = person.forges(reverse("accounts:activation_renewal"), {})
    assert page.request["PATH_INFO"] == reverse("accounts:sign_up")


@pytest.mark.parametrize("junk", [".", ">", ").", "/.", "/Bonjour", "%20", "/%3E", "%E2%80%9D"])
@pytest.mark.parametrize("name", ["activation", "password_reset"])
def test_what_stands_behind_a_mailed_link_does_no_harm(end_user, name, junk):
    """A mail program takes the full stop, a hand the bracket along."""
    if name == "activation":
        end_user.signs_up()
    else:
        end_user.has_an_account()
        end_user.submits("/mot-de-passe-oublie/", {"email": end_user.email})
    link = link_of(end_user.mails(name)[0])
    for written in (link.rstrip("/") + junk, link + junk.lstrip("/")):
        page = end_user.client.get(written)
        while page.status_code in (301, 302) and page["Location"] != link:
            page = end_user.client.get(page["Location"])
        assert page.status_code in (301, 302), written
    assert end_user.opens(link).status_code == 200


@pytest.mark.parametrize("address", ["/activation/x/y/z", "/mot-de-passe-oublie/%20/x"])
def test_junk_without_a_link_is_a_page_that_helps(end_user, address):
    page = end_user.opens(address)
    assert page.status_code == 410
    assert "Ce lien n’est pas valable" in text(page)


def test_the_link_of_an_open_account_still_leads_to_the_partner(end_user):
    from tests.relying_party import RelyingParty

    way = end_user.opens(RelyingParty.registered().address()).context["next"]
    end_user.signs_up(way=way)
    link = link_of(end_user.mails("activation")[0])
    end_user.opens(link)
    page = end_user.opens(link)
    assert "Votre compte est déjà activé" in text(page)
    assert page.context["next"] == way


def test_the_time_to_ask_again_does_not_grow_old_on_the_page(end_user):
    """A time of the day is true as long as the page is read; the button is there when it comes."""
    page = end_user.signs_up()
    page = end_user.sends(end_user.form("essai")) if hasattr(end_user, "form") else page
    assert "secondes" not in text(page)
    assert "Renvoyer l’e-mail" in text(page)
