"""Two pages of one browser: a form acts on what it was shown for, whatever the other tab did since.

A family, or the people at a town hall's counter, share one browser."""

import pytest
from django.urls import reverse

from accounts.models import OneTimeLink, User
from ncconnect.mail.models import Outbox
from tests.actors import EndUser, hidden_fields, link_of
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

NEW = "Nouveau Lagon 7"


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def two(client) -> tuple[EndUser, EndUser]:
    """Two people in front of one browser; each has a tab (``page``) of their own."""
    moana = EndUser(client, "moana@exemple.nc", "Tortue Luth 2026")
    return moana, EndUser(client, "jean@exemple.nc", "Cagou Huppe 2026")


def has_password(person: EndUser, password: str) -> bool:
    return User.objects.get(email=person.email).check_password(password)


class TestTwoResetLinks:
    @pytest.fixture
    def tabs(self, two):
        for person in two:
            person.has_an_account()
            person.submits("/mot-de-passe-oublie/", {"email": person.email})
        for person in two:
            person.opens(link_of(person.mails("password_reset")[0]))
        return two

    def test_each_form_changes_the_password_of_its_own_link(self, tabs):
        moana, jean = tabs
        assert "Votre mot de passe est modifié" in text(moana.sends(password1=NEW, password2=NEW))
        assert has_password(moana, NEW)
        assert has_password(jean, jean.password)
        assert not Outbox.objects.filter(name="password_changed", to=jean.email).exists()
        assert "Votre mot de passe est modifié" in text(jean.sends(password1=NEW, password2=NEW))
        assert has_password(jean, NEW)

    def test_each_page_reloaded_is_still_about_its_own_link(self, tabs):
        for person in tabs:
            asked = person.page.request
            page = text(person.opens(f"{asked['PATH_INFO']}?{asked['QUERY_STRING']}&lang=fr"))
            assert person.email in page
            assert person.password

    def test_the_address_of_the_page_opens_nothing_elsewhere(self, tabs):
        moana, _ = tabs
        asked = moana.page.request
        thief = EndUser(StrictClient())
        page = thief.opens(f"{asked['PATH_INFO']}?{asked['QUERY_STRING']}")
        assert page.status_code == 410
        assert "Ce lien n’est pas valable" in text(page)

    def test_a_form_that_names_no_link_changes_nobody_s_password(self, tabs):
        moana, jean = tabs
        page = moana.forges(reverse("accounts:password_new"), {"password1": NEW, "password2": NEW})
        assert page.status_code == 410
        assert has_password(moana, moana.password)
        assert has_password(jean, jean.password)

    def test_an_activation_link_s_token_in_the_form_changes_nothing(self, tabs):
        moana, _ = tabs
        other = EndUser(StrictClient(), "ana@exemple.nc")
        other.signs_up()
        token = link_of(other.mails()[0]).split("/")[-2]
        assert moana.sends(lien=token, password1=NEW, password2=NEW).status_code == 410
        assert not User.objects.get(email=other.email).has_usable_password()


class TestTwoSignUps:
    @pytest.fixture
    def tabs(self, two):
        for person in two:
            person.signs_up()
        return two

    def test_each_page_has_its_own_mail_sent_again(self, tabs):
        moana, jean = tabs
        moana.sends()
        assert moana.email in text(moana.page)
        assert (len(moana.mails()), len(jean.mails())) == (2, 1)
        jean.sends()
        assert (len(moana.mails()), len(jean.mails())) == (2, 2)

    def test_each_link_activates_at_once_in_the_browser_that_they_share(self, tabs):
        for person in tabs:
            assert "est maintenant activé" in text(person.follows_the_link("activation"))
            assert has_password(person, person.password)

    def test_a_form_that_names_no_attempt_sends_nothing(self, tabs):
        moana, _ = tabs
        page = moana.forges(reverse("accounts:check_mail"), {})
        assert page.request["PATH_INFO"] == "/inscription/"
        assert Outbox.objects.count() == 2

    def test_the_address_of_the_page_activates_nothing_elsewhere(self, tabs):
        """Who reads it may have the mail sent to its owner again, no more."""
        moana, _ = tabs
        asked = moana.page.request
        thief = EndUser(StrictClient(), moana.email)
        thief.opens(f"{asked['PATH_INFO']}?{asked['QUERY_STRING']}")
        assert "inscription" not in thief.client.cookies
        assert "saisissez le mot de passe" in text(thief.follows_the_link("activation"))
        assert not User.objects.get(email=moana.email).is_activated


class TestTwoActivationLinks:
    @pytest.fixture
    def tabs(self, two):
        """They signed up at home; they open their mails in the browser of the town hall."""
        for person in two:
            EndUser(StrictClient(), person.email, person.password).signs_up()
        for person in two:
            person.opens(link_of(person.mails()[0]))
        return two

    def test_each_form_asks_for_the_password_of_its_own_sign_up(self, tabs):
        moana, jean = tabs
        assert "est maintenant activé" in text(moana.sends(password=moana.password))
        assert not User.objects.get(email=jean.email).is_activated
        assert "est maintenant activé" in text(jean.sends(password=jean.password))

    def test_each_page_of_an_ended_link_asks_for_its_own_new_one(self, tabs):
        moana, jean = tabs
        OneTimeLink.objects.update(expires_at="2026-01-01T00:00:00Z")
        for person in tabs:
            person.opens(link_of(person.mails()[0]))
            assert "Ce lien a expiré" in text(person.page)
        moana.submits(reverse("accounts:activation_renewal"), hidden_fields(moana.page))
        assert (len(moana.mails()), len(jean.mails())) == (2, 1)


def test_the_page_of_a_password_is_its_person_s(two):
    """Moana opens the page, Jean signs in in another tab, Moana sends hers."""
    moana, jean = two
    jean.password = moana.password  # even so
    for person in two:
        person.has_an_account()
    moana.signs_in()
    moana.opens("/mon-compte/mot-de-passe/")
    jean.signs_in(way="/aide/")
    new = {"current": moana.password, "password1": NEW, "password2": NEW}
    shown = moana.page
    assert "Cette page n’est plus à jour" in text(moana.sends(**new))
    assert has_password(jean, jean.password)
    # Nor with a token of today in the page of yesterday.
    moana.page = shown
    token = hidden_fields(jean.opens("/mon-compte/mot-de-passe/"))["csrfmiddlewaretoken"]
    page = moana.sends(**new, csrfmiddlewaretoken=token)
    assert "Cette page n’était pas celle de ce compte." in text(page)
    assert has_password(moana, moana.password)
    assert has_password(jean, jean.password)
