"""Signing in: who gets in, and what everybody else is told."""

import re

import pytest
from django.urls import reverse

from ncconnect.waiting import Turns
from tests.actors import EndUser
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

WRONG = "L’adresse e-mail ou le mot de passe est incorrect."
SIGN_IN = "/connexion/"


def text(response) -> str:
    return response.content.decode()


def test_a_person_signs_in_and_sees_their_space(end_user, account):
    page = end_user.signs_in()
    assert page.request["PATH_INFO"] == "/mon-compte/"
    assert account.email in text(page)


def test_any_spelling_of_the_address_is_the_same_account(end_user, account):
    end_user.signs_in(username="  MOANA@Exemple.NC")
    assert end_user.is_signed_in()


def test_every_wrong_combination_is_told_by_one_message(end_user, stranger, account):
    stranger.has_an_account(is_active=False)
    pages = [
        end_user.signs_in(password="Faux2026xy"),
        end_user.signs_in(username="inconnue@exemple.nc"),
        end_user.signs_in(username=stranger.email, password="Faux2026xy"),
    ]
    for page in pages:
        assert WRONG in text(page)
        assert page.status_code == 200


def test_an_account_that_an_operator_left_to_be_activated_is_told_how(end_user):
    end_user.has_an_account(activated_at=None)
    page = end_user.signs_in(way="/aide/")
    assert page.request["PATH_INFO"] == reverse("accounts:password_forgotten")
    assert "Votre compte n’est pas encore activé." in text(page)
    end_user.submits(page.request["PATH_INFO"], {"email": end_user.email})
    end_user.follows_the_link("password_reset")
    end_user.sends(password1=end_user.password, password2=end_user.password, cgu="on")
    end_user.signs_in()
    assert end_user.is_signed_in()


def test_the_password_field_comes_back_empty(end_user, account):
    page = end_user.signs_in(password="Faux2026xy")
    assert "Faux2026xy" not in text(page)
    assert 'value="moana@exemple.nc"' in text(page)


def test_one_hash_is_computed_whether_or_not_the_address_is_known(end_user, account, monkeypatch):
    from accounts import passwords

    hashes = []
    for name in ("encode", "verify"):
        method = getattr(passwords.Argon2idHasher, name)
        monkeypatch.setattr(
            passwords.Argon2idHasher, name, lambda *a, m=method: hashes.append(1) or m(*a)
        )
    end_user.signs_in(password="Faux2026xy")
    known, hashes[:] = len(hashes), []
    end_user.signs_in(username="inconnue@exemple.nc")
    assert known == len(hashes) == 1


def test_an_account_that_waits_leads_to_its_activation_after_the_right_password(end_user):
    end_user.signs_up()
    elsewhere = EndUser(StrictClient(), end_user.email, end_user.password)
    assert WRONG in text(elsewhere.signs_in(password="Faux2026xy"))
    page = elsewhere.signs_in()
    assert "Veuillez activer votre compte" in text(page)
    assert "est maintenant activé" in text(elsewhere.follows_the_link("activation"))


def test_a_suspended_account_is_told_after_the_right_password_only(end_user, account):
    account.is_active = False
    account.save()
    page = end_user.signs_in()
    assert "Compte suspendu" in text(page)
    assert not end_user.is_signed_in()


def test_a_foreign_next_is_not_followed(end_user, account):
    page = end_user.signs_in(way="https://evil.example/")
    assert page.request["PATH_INFO"] == "/mon-compte/"


def test_a_post_without_a_csrf_token_is_refused_in_words(account):
    page = StrictClient().post(SIGN_IN, {"username": account.email, "password": "Tortue Luth 2026"})
    assert page.status_code == 403
    assert "Votre navigateur bloque les cookies nécessaires" in text(page)


def test_the_page_has_the_hooks_that_the_outside_relies_on(client):
    page = text(client.get(SIGN_IN))
    assert 'id="login-title"' in page
    assert re.search(r'<form[^>]*id="login"', page)
    for name in ("username", "password"):
        assert f'name="{name}"' in page
    assert 'type="submit"' in page


def test_beyond_the_cap_on_hashes_the_answer_is_an_honest_503(end_user, account, monkeypatch):
    from accounts import passwords

    monkeypatch.setattr(passwords, "slots", lambda: Turns([], waiting=0, patience=0))
    page = end_user.signs_in()
    assert page.status_code == 503
    assert page["Retry-After"] == "5"
