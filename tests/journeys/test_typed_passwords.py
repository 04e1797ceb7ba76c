"""What was typed stays: a page that is shown again asks for a password again only in words."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from tests.actors import PASSWORD, EndUser, hidden_fields, solved
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

SIGN_UP = "/inscription/"
KEPT = "Mot de passe enregistré"
AGAIN = "Pour votre sécurité, saisissez de nouveau le mot de passe."


def text(page) -> str:
    return page.content.decode()


def typed(person, **changes):
    fields = {"email": person.email, "email2": person.email, "cgu": "on"}
    return fields | {"password1": PASSWORD, "password2": PASSWORD} | changes


def sends_again(person, page, **fields):
    """What the page shows, as it shows it: the passwords are no fields of it any more."""
    shown = {"email": person.email, "email2": person.email, "cgu": "on"}
    return person.tampers(SIGN_UP, hidden_fields(page) | shown | fields)


@pytest.fixture
def signing_up(end_user):
    end_user.opens(SIGN_UP)
    return end_user


def test_an_error_elsewhere_keeps_the_password(signing_up):
    page = signing_up.submits(
        SIGN_UP, solved(signing_up.page) | typed(signing_up, email2="autre@exemple.nc")
    )
    assert KEPT in text(page)
    assert 'type="password"' not in text(page)
    assert text(page).count('class="erreur"') == 1
    sends_again(signing_up, page)
    signing_up.follows_the_link("activation")
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("button", ["captcha_autre", "captcha_audio"])
def test_the_buttons_of_the_test_keep_everything(signing_up, button):
    sent = hidden_fields(signing_up.page) | typed(signing_up) | {button: "1"}
    page = signing_up.submits(SIGN_UP, sent)
    assert KEPT in text(page)
    assert text(page).count(f'value="{signing_up.email}"') == 2
    assert re.search(r'name="cgu"[^>]*checked', text(page))
    page = signing_up.tampers(
        SIGN_UP,
        hidden_fields(page) | {"email": signing_up.email, "email2": "", "captcha_images": "1"},
    )
    assert KEPT in text(page)
    sends_again(signing_up, page, **solved(page))
    signing_up.follows_the_link("activation")
    assert User.objects.get().check_password(PASSWORD)


def test_what_the_page_cannot_keep_it_asks_for_in_words(signing_up):
    sent = hidden_fields(signing_up.page) | typed(signing_up, password2="") | {"captcha_autre": "1"}
    page = signing_up.submits(SIGN_UP, sent)
    assert KEPT not in text(page)
    assert AGAIN in text(page)


def test_two_that_differ_are_both_marked(signing_up):
    page = signing_up.submits(SIGN_UP, typed(signing_up, password2="Autre Lagon 2026"))
    assert page.context["form"].errors["password1"] == ["Saisissez de nouveau le mot de passe."]
    assert page.context["form"].errors["password2"] == ["Les deux mots de passe sont différents."]
    assert KEPT not in text(page)


def test_it_can_be_changed(signing_up):
    page = signing_up.submits(SIGN_UP, typed(signing_up, email2=""))
    page = sends_again(signing_up, page, password_change="1")
    assert KEPT not in text(page)
    assert text(page).count('type="password"') == 2
    assert 'class="erreur"' not in text(page)
    other = {"password1": "Autre Lagon 2026", "password2": "Autre Lagon 2026"}
    sends_again(signing_up, page, **solved(page), **other)
    signing_up.follows_the_link("activation")
    assert User.objects.get().check_password("Autre Lagon 2026")


def test_a_password_typed_anew_counts_before_the_kept_one(signing_up):
    page = signing_up.submits(SIGN_UP, typed(signing_up, email2=""))
    other = {"password1": "Autre Lagon 2026", "password2": "Autre Lagon 2026"}
    sends_again(signing_up, page, **solved(page), **other)
    signing_up.follows_the_link("activation")
    assert User.objects.get().check_password("Autre Lagon 2026")


def test_a_password_of_ones_own_address_is_refused_when_the_address_comes_later(signing_up):
    """It was kept beside an address that was wrong; all its rules are asked at the end."""
    own = {"password1": "Moana.exemple1", "password2": "Moana.exemple1"}
    page = signing_up.submits(SIGN_UP, typed(signing_up, email="moana", **own))
    page = sends_again(
        signing_up,
        page,
        email="moana.exemple@lagoon.nc",
        email2="moana.exemple@lagoon.nc",
        **solved(page),
    )
    assert "password1" in page.context["form"].errors
    assert KEPT not in text(page)
    assert not User.objects.exists()


class TestWhatThePageHolds:
    def kept_by(self, person) -> dict:
        person.opens(SIGN_UP)
        page = person.submits(SIGN_UP, typed(person, email2=""))
        assert PASSWORD not in text(page)
        return {"password_kept": hidden_fields(page)["password_kept"]}

    def is_asked(self, page) -> bool:
        return "password1" in page.context["form"].errors and not User.objects.exists()

    def test_it_is_nothing_to_another_browser(self, end_user, stranger):
        stolen = self.kept_by(end_user)
        page = stranger.opens(SIGN_UP)
        page = sends_again(stranger, page, **solved(page), **stolen)
        assert self.is_asked(page)

    def test_it_is_nothing_after_half_an_hour(self, end_user):
        kept = self.kept_by(end_user)
        with time_machine.travel(timezone.now() + timedelta(minutes=31)):
            page = end_user.opens(SIGN_UP)
            assert self.is_asked(sends_again(end_user, page, **solved(page), **kept))

    def test_it_is_nothing_to_another_form(self, end_user, stranger):
        stranger.email = "moana@exemple.nc"
        kept = self.kept_by(end_user)
        user = end_user.has_an_account()
        end_user.signs_in()
        page = end_user.opens("/mon-compte/mot-de-passe/")
        page = end_user.tampers(
            "/mon-compte/mot-de-passe/", hidden_fields(page) | kept | {"current": PASSWORD}
        )
        assert "password1" in page.context["form"].errors
        user.refresh_from_db()
        assert user.check_password(PASSWORD)

    @pytest.mark.parametrize("forged", ["", "x", "A" * 80, PASSWORD])
    def test_what_was_not_sealed_here_is_no_password(self, end_user, forged):
        page = end_user.opens(SIGN_UP)
        assert self.is_asked(sends_again(end_user, page, **solved(page), password_kept=forged))

    def test_no_hash_is_computed_to_keep_it(self, end_user, monkeypatch):
        from accounts.passwords import Argon2idHasher

        monkeypatch.setattr(Argon2idHasher, "encode", None)
        self.kept_by(end_user)


def test_a_wrong_current_password_keeps_the_new_one():
    person = EndUser(StrictClient())
    user = person.has_an_account()
    person.signs_in()
    address = "/mon-compte/mot-de-passe/"
    page = person.opens(address)
    new = {"password1": "Nouveau Lagon 2026", "password2": "Nouveau Lagon 2026"}
    page = person.submits(address, hidden_fields(page) | new | {"current": "Faux2026xy"})
    assert KEPT in text(page)
    assert "Ce n’est pas votre mot de passe actuel." in text(page)
    # Enter in the field: the first button of the form is not « Modifier ».
    person.submits(current=PASSWORD)
    user.refresh_from_db()
    assert user.check_password("Nouveau Lagon 2026")


def test_a_new_password_is_called_new(end_user):
    end_user.has_an_account()
    end_user.signs_in()
    assert "Nouveau mot de passe" in text(end_user.opens("/mon-compte/mot-de-passe/"))


def test_the_terms_open_beside_the_form(end_user):
    assert re.search(r'<a href="/cgu/" target="_blank"', text(end_user.opens(SIGN_UP)))
