"""A mail is in the language of the page that asked for it; the account keeps the last choice."""

import pytest

from accounts.models import User
from ncconnect.mail.models import Outbox
from tests.actors import PASSWORD, EndUser, hidden_fields
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db


def languages(name: str) -> list[str]:
    """Of the mails of this name, oldest first."""
    rows = Outbox.objects.filter(name=name).order_by("created_at")
    return list(rows.values_list("language", flat=True))


def language_of(person) -> str:
    return User.objects.get(email=person.email).language


def asks_for_a_link(person):
    person.submits("/mot-de-passe-oublie/", {"email": person.email})


def test_the_mail_of_a_sign_up_is_in_the_language_of_its_page_not_of_an_earlier_one(
    end_user, stranger
):
    """A stranger who signed up on the address first does not choose for its owner."""
    stranger.email = end_user.email
    stranger.opens("/inscription/?lang=en")
    stranger.signs_up()
    end_user.signs_up()
    assert languages("activation") == ["en", "fr"]
    end_user.follows_the_link("activation")
    assert language_of(end_user) == "fr"


def test_it_is_the_same_the_other_way_round(end_user, stranger):
    stranger.email = end_user.email
    stranger.signs_up()
    end_user.opens("/inscription/?lang=en")
    end_user.signs_up()
    assert languages("activation") == ["fr", "en"]
    end_user.follows_the_link("activation")
    assert language_of(end_user) == "en"


def test_the_mail_sent_again_is_in_the_language_that_the_page_has_by_then(end_user):
    page = end_user.signs_up()
    address = page.wsgi_request.get_full_path()
    page = end_user.opens(f"{address}&lang=en")
    end_user.submits(address, hidden_fields(page))
    assert languages("activation") == ["fr", "en"]


def test_who_has_an_account_already_is_told_in_the_language_of_the_page(end_user):
    end_user.has_an_account()
    end_user.opens("/inscription/?lang=en")
    end_user.signs_up()
    assert languages("already_registered") == ["en"]
    assert language_of(end_user) == "fr"  # whoever asked may be anybody


def test_a_reset_and_its_confirmation_are_in_the_language_of_their_pages(end_user, stranger):
    end_user.has_an_account()
    stranger.email = end_user.email
    asks_for_a_link(end_user)
    stranger.opens("/aide/?lang=en")
    asks_for_a_link(stranger)
    assert languages("password_reset") == ["fr", "en"]
    page = stranger.follows_the_link("password_reset")
    passwords = {"password1": "Nouveau Lagon 2026", "password2": "Nouveau Lagon 2026"}
    stranger.submits(page.wsgi_request.get_full_path(), hidden_fields(page) | passwords)
    assert languages("password_changed") == ["en"]


def test_a_choice_made_while_signed_in_is_the_account_s(end_user, stranger):
    end_user.has_an_account()
    stranger.has_an_account()
    end_user.signs_in()
    end_user.opens("/mon-compte/?lang=en")
    assert language_of(end_user) == "en"
    assert language_of(stranger) == "fr"
    end_user.opens("/aide/?lang=fr")
    assert language_of(end_user) == "fr"


def test_a_choice_made_before_signing_in_is_the_account_s_too(end_user):
    end_user.has_an_account()
    end_user.opens("/connexion/?lang=en")
    end_user.signs_in()
    assert language_of(end_user) == "en"


def test_the_language_of_a_borrowed_browser_is_no_choice(end_user):
    """What Accept-Language says was set by whoever owns the computer."""
    end_user.has_an_account()
    borrowed = EndUser(StrictClient(headers={"accept-language": "en"}), end_user.email, PASSWORD)
    borrowed.signs_in()
    assert language_of(end_user) == "fr"


def test_a_strangers_choice_is_nobodys(end_user, stranger):
    end_user.has_an_account()
    stranger.opens("/?lang=en")
    assert language_of(end_user) == "fr"


def test_the_mail_of_who_has_an_account_names_the_way_on_to_the_partner(end_user):
    from tests.relying_party import RelyingParty

    end_user.has_an_account()
    way = end_user.opens(RelyingParty.registered().address()).context["next"]
    end_user.signs_up(way=way)
    [mail] = end_user.mails("already_registered")
    assert "Pour continuer vers impots.nc" in mail.text
    assert "https://impots.example.nc/connexion" in mail.text
    assert "https://impots.example.nc/connexion" in mail.html


def test_the_address_that_was_typed_goes_along_to_the_page_that_helps(end_user):
    end_user.has_an_account()
    page = end_user.signs_in(password="Faux2026xy")
    carried = page.context["carried"]
    assert end_user.email not in carried
    for door in ("/mot-de-passe-oublie/", "/inscription/"):
        text = end_user.opens(door + carried).content.decode()
        assert f'value="{end_user.email}"' in text


def test_who_is_not_signed_in_yet_is_told_so(end_user):
    end_user.signs_up()
    elsewhere = EndUser(StrictClient(), end_user.email, end_user.password)
    page = elsewhere.signs_in()
    assert "Vous n’êtes pas encore connecté" in page.content.decode()
