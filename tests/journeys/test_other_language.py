"""Another language on a page that answers a form: what was typed is kept, and nothing is done.

For every form of the site, from the table that the address map is compared with.
"""

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import OneTimeLink, Session, User
from ncconnect.mail.models import Outbox
from tests.actors import hidden_fields
from tests.architecture.page import Page
from tests.journeys.every_form import FORMS, Sent, each_form, end_of, says_an_error
from tests.page_forms import form_of

pytestmark = pytest.mark.django_db

TYPED = ("email", "email2", "username")
SECRET = ("password", "password1", "password2", "current")


def spoilt(form: Sent) -> dict:
    """The same, with something in it that no form takes; the address stays as it was typed."""
    wrong = {name: "" for name in ("password", "current", "cgu") if name in form.fields}
    if not wrong and "password1" in form.fields:
        wrong = {"password1": "court", "password2": "court"}
    if not wrong and "email" in form.fields:
        wrong = {"email": "pas une adresse"}
    return form.fields | wrong


def answered_with_errors(make):
    """The form, what was sent, and the page that answers it; None where no answer is a form."""
    form = make()
    sent = spoilt(form)
    page = form.person.submits(form.address, sent)
    if page.wsgi_request.method != "POST" or page.status_code != 200:
        return None
    return form, sent, page


def all_there_is() -> tuple:
    used = OneTimeLink.objects.filter(used_at__isnull=False).count()
    kept = [model.objects.count() for model in (User, Session, Outbox, OneTimeLink)]
    passwords = list(User.objects.order_by("pk").values_list("password", flat=True))
    proofs = list(Session.objects.order_by("pk").values_list("confirmed_at", flat=True))
    return used, kept, passwords, proofs


def choose(person, page, language: str, **typed):
    form = form_of(page, "lang")
    values = {name: value for name, value in typed.items() if name in form.names}
    return form.sent_by(person.client, **values, lang=language)


@pytest.mark.parametrize("name", FORMS)
def test_every_door_that_takes_something_typed_is_among_them(name):
    doors = ("sign_in", "sign_up", "invited", "activation_elsewhere", "password_forgotten")
    own = {f"accounts:{door}" for door in (*doors, "password_new", "password_change", "confirm")}
    assert (answered_with_errors(FORMS[name]) is not None) == (name in own)


@each_form
def test_what_was_typed_is_there_in_the_other_language_and_nothing_was_done(make):
    found = answered_with_errors(make)
    if found is None:
        return
    form, sent, page = found
    before = all_there_is()
    english = choose(form.person, page, "en")
    assert english.status_code == 200
    assert '<html lang="en"' in english.content.decode()
    assert english["Content-Language"] == "en"
    shown = form_of(english, "lang").fields
    for name in TYPED:
        if name in sent:
            assert shown[name] == [sent[name]]
    assert all_there_is() == before
    assert form.person.client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


@each_form
def test_no_password_is_written_into_the_page_for_it(make):
    found = answered_with_errors(make)
    if found is None:
        return
    form, _sent, page = found
    english = choose(form.person, page, "en").content.decode()
    for name in SECRET:
        assert not form.fields.get(name) or form.fields[name] not in english


@each_form
def test_the_page_can_be_reloaded_and_read_in_french_again(make):
    found = answered_with_errors(make)
    if found is None:
        return
    form, _sent, page = found
    english = choose(form.person, page, "en")
    again = choose(form.person, page, "en")  # a reload, or Back and once more
    assert form_of(again, "lang").fields.keys() == form_of(english, "lang").fields.keys()
    assert says_an_error(again) == says_an_error(english)
    french = choose(form.person, again, "fr")
    assert '<html lang="fr"' in french.content.decode()


@each_form
def test_the_form_that_is_put_right_after_it_is_done_as_ever(make):
    found = answered_with_errors(make)
    if found is None:
        return
    form, _sent, page = found
    before = all_there_is()
    right = form_of(choose(form.person, page, "en"), "lang")
    kept = (*TYPED, *SECRET, "cgu", "captcha_choix")
    values = {name: form.fields[name] for name in right.names & form.fields.keys() & set(kept)}
    form.person.sends(right, **values)
    assert all_there_is() != before
    end_of(form.person.page)
    assert form.person.page.wsgi_request.method == "GET" or form.person.page.status_code in (
        302,
        303,
    )


def test_the_enter_key_presses_no_language(end_user):
    """The first button of a form in the page is the one that it presses (HTML, 4.10.21.2)."""
    page = end_user.submits("/inscription/", {"email": "moana@exemple.nc"})
    first = form_of(page, "lang", "email").buttons[0]
    assert first == ("", "")


def test_the_languages_of_an_answer_are_buttons_and_of_a_page_links(end_user):
    page = Page(end_user.opens("/inscription/"))
    assert [a["hreflang"] for a in page.find("a") if "hreflang" in a.attributes] == ["en"]
    assert page.find("button", name="lang") == []
    page = Page(end_user.submits("/inscription/", {}))
    assert [b["value"] for b in page.find("button", name="lang")] == ["en"]
    assert [a for a in page.find("a") if "hreflang" in a.attributes] == []
    (form,) = page.find("form", id="formulaire")
    assert {b["form"] for b in page.find("button", name="lang")} == {form["id"]}


def test_a_language_that_is_none_of_ours_is_a_form_like_any_other(end_user, stranger):
    end_user.has_an_account()
    stranger.has_an_account()
    for person, language in ((end_user, "xx"), (stranger, "en")):
        person.opens("/connexion/")
        typed = {"username": person.email, "password": person.password, "lang": language}
        person.form("username").forged_by(person.client, typed)
    assert Session.objects.get().user.email == end_user.email
    assert settings.LANGUAGE_COOKIE_NAME not in end_user.client.cookies


def test_a_form_without_its_token_chooses_nothing(client):
    answer = client.post("/connexion/", {"lang": "en"})
    assert answer.status_code == 403
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies


def test_the_choice_follows_the_account_of_whoever_is_signed_in(end_user):
    user = end_user.has_an_account()
    end_user.signs_in()
    end_user.opens("/mon-compte/mot-de-passe/")
    page = end_user.sends(current="", password1="", password2="")
    choose(end_user, page, "en")
    user.refresh_from_db()
    assert user.language == "en"
    assert user.password_changed_at < timezone.now()


def test_a_good_new_password_stays_with_the_form(end_user):
    """By its own mechanism: sealed, for this browser (accounts.kept_password)."""
    page = end_user.signs_up(cgu="", email2="autre@exemple.nc")
    assert "password_kept" in hidden_fields(page)
    english = choose(end_user, page, "en")
    assert "password_kept" in hidden_fields(english)
    assert "Password kept" in english.content.decode()


@each_form
def test_back_finds_a_page_with_errors_again_but_for_one_of_somebody_s_own(make):
    """No cache holds it for anything else; and by the cookie of a language that was chosen on the
    page after it, a browser would not find it any more."""
    found = answered_with_errors(make)
    if found is None:
        return
    form, _sent, page = found
    for shown in (page, choose(form.person, page, "en")):
        is_own = shown.wsgi_request.user.is_authenticated
        assert shown["Cache-Control"] == ("no-store" if is_own else "private, no-cache")
        assert is_own or not shown.has_header("Vary")


@each_form
def test_no_page_that_was_asked_for_is_kept(make):
    form = make()
    assert form.person.client.get(form.address)["Cache-Control"] == "no-store"
