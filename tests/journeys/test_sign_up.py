"""Creating an account, as the notice tells it, and every way it can go otherwise."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import links
from accounts.models import OneTimeLink, Session, TermsAcceptance, User
from ncconnect.mail.models import Outbox
from tests.actors import EndUser, hidden_fields, link_of, solved
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

SIGN_UP = "/inscription/"


def text(response) -> str:
    return response.content.decode()


def test_a_person_signs_up_and_is_told_to_open_their_mail(end_user):
    page = end_user.signs_up()
    assert page.request["PATH_INFO"] == reverse("accounts:check_mail")
    assert "Veuillez activer votre compte" in text(page)
    assert end_user.email in text(page)
    [mail] = end_user.mails()
    assert mail.subject == "Activez votre compte NC Connect"
    assert "Activer mon compte" in mail.text
    user = User.objects.get()
    assert not user.is_activated


def test_the_password_is_kept_as_a_hash_only(end_user):
    end_user.signs_up()
    stored = [User.objects.values_list().get(), OneTimeLink.objects.values_list().get()]
    stored.append(Outbox.objects.values_list().get())
    assert end_user.password not in str(stored)


def test_the_mailed_link_is_not_in_the_database(end_user):
    end_user.signs_up()
    token = link_of(end_user.mails()[0]).split("/")[-2]
    rows = [list(model.objects.values_list()) for model in (Outbox, OneTimeLink, User)]
    assert token not in str(rows)


def test_the_acceptance_of_the_terms_is_kept_with_its_version_and_time(end_user, settings):
    end_user.signs_up()
    asked_at = OneTimeLink.objects.get().created_at
    end_user.follows_the_link("activation")
    accepted = TermsAcceptance.objects.get()
    assert accepted.version == settings.TERMS_VERSION
    assert accepted.accepted_at == asked_at


def test_an_error_keeps_what_was_typed_but_never_a_password(end_user):
    page = end_user.signs_up(email2="autre@exemple.nc")
    assert page.status_code == 200
    assert text(page).count("Les deux adresses e-mail sont différentes. Vérifiez-les.") == 2
    assert "Erreur :" in re.search(r"<title>(.*?)</title>", text(page))[1].replace("\xa0", " ")
    assert 'value="autre@exemple.nc"' in text(page)
    assert re.search(r'name="cgu"[^>]*checked', text(page))
    assert end_user.password not in text(page)
    assert not User.objects.exists()


def test_a_solved_captcha_survives_an_error_elsewhere(end_user):
    end_user.signs_up(email2="autre@exemple.nc")
    page = end_user.sends(email2=end_user.email)
    assert "Veuillez activer votre compte" in text(page)


def test_a_wrong_choice_of_pictures_gives_a_new_test_and_no_account(end_user):
    page = end_user.signs_up(captcha_choix=["000000"])
    assert "Les images choisies ne correspondent pas. Voici un nouveau test." in text(page)
    assert not User.objects.exists()


def test_other_pictures_can_be_asked_for_without_losing_the_form(end_user):
    end_user.opens(SIGN_UP)
    before = hidden_fields(end_user.page)["captcha_jeton"]
    page = end_user.submits(email="moana@exemple.nc", captcha_autre="")
    assert 'value="moana@exemple.nc"' in text(page)
    assert 'class="erreur"' not in text(page)
    assert hidden_fields(page)["captcha_jeton"] != before


def test_one_solved_captcha_opens_one_account(end_user):
    end_user.opens(SIGN_UP)
    form, answer = end_user.form("captcha_choix"), solved(end_user.page)
    fields = {"password1": end_user.password, "password2": end_user.password, "cgu": "on"}
    for address in ("un@exemple.nc", "deux@exemple.nc"):
        end_user.sends(form, **fields | answer | {"email": address, "email2": address})
    assert list(User.objects.values_list("email", flat=True)) == ["un@exemple.nc"]


def test_a_near_miss_of_a_usual_domain_is_asked_about(end_user):
    end_user.email = "moana@lagon.nc"
    page = end_user.signs_up()
    assert "moana@lagoon.nc" in text(page)
    assert not User.objects.exists()


def test_a_robot_that_fills_the_hidden_field_sees_the_same_page_and_gets_nothing(end_user):
    page = end_user.signs_up(site_web="http://spam.example/")
    assert "Veuillez activer votre compte" in text(page)
    assert not User.objects.exists()
    assert not Outbox.objects.exists()


class TestKnownAddress:
    """No page tells whether an address has an account; its owner's mailbox does."""

    def compared(self, response) -> tuple:
        own = ("X-Reference", "Expires", "Location")
        headers = {k: v for k, v in response.headers.items() if k not in own}
        address = urlsplit(response["Location"])
        place = address.path, sorted(parse_qs(address.query))
        cookies = {k: (m["max-age"], m["path"]) for k, m in response.cookies.items()}
        return response.status_code, headers, place, cookies

    def signs_up_directly(self, email):
        person = EndUser(StrictClient(), email=email)
        person.opens(SIGN_UP)
        fields = {
            "email": email,
            "email2": email,
            "password1": person.password,
            "password2": person.password,
            "cgu": "on",
        }
        return person.form(*fields).sent_by(person.client, **fields | solved(person.page))

    def test_the_answer_is_the_same_and_the_owner_is_told(self, end_user):
        user = end_user.has_an_account()
        known = self.signs_up_directly(end_user.email)
        new = self.signs_up_directly("nouvelle@exemple.nc")
        assert self.compared(known) == self.compared(new)
        [mail] = end_user.mails()
        assert mail.subject == "Vous avez déjà un compte NC Connect"
        user.refresh_from_db()
        assert user.check_password(end_user.password)

    def test_nothing_of_the_account_changes(self, end_user, stranger):
        end_user.has_an_account()
        stranger.email = end_user.email
        stranger.password = "Un Autre Secret 1"
        stranger.signs_up()
        assert User.objects.get().check_password(end_user.password)
        assert not links.alive().exists()
        assert not OneTimeLink.objects.exclude(password="").exists()

    def test_the_password_is_hashed_in_both_cases(self, end_user, monkeypatch):
        from accounts import passwords

        hashes = []
        encode = passwords.Argon2idHasher.encode
        monkeypatch.setattr(
            passwords.Argon2idHasher,
            "encode",
            lambda *args: hashes.append(1) or encode(*args),
        )
        end_user.signs_up()
        first = len(hashes)
        end_user.follows_the_link("activation")
        hashes.clear()
        EndUser(StrictClient()).signs_up()
        assert len(hashes) == first == 1

    def test_one_address_gets_at_most_three_mails_an_hour(self):
        for _ in range(6):
            EndUser(StrictClient()).signs_up()
        assert Outbox.objects.count() == 3

    def test_a_second_sign_up_does_not_end_the_link_of_the_first(self, end_user, stranger):
        """A stranger who signs up on a waiting address must not be in its owner's way."""
        end_user.signs_up()
        link = link_of(end_user.mails()[0])
        stranger.email, stranger.password = end_user.email, "Celui du voisin 9"
        stranger.signs_up()
        page = end_user.opens(link)
        assert "Votre compte NC Connect est maintenant activé." in text(page)
        assert User.objects.get().check_password(end_user.password)


def test_signing_up_needs_no_session(end_user):
    end_user.signs_up()
    assert not Session.objects.exists()


def test_a_network_that_signs_up_too_often_is_told_to_wait(end_user, monkeypatch):
    from ncconnect.ratelimit import LIMITS, Limit

    monkeypatch.setitem(LIMITS, "sign_up_most", Limit(2, 3600, "network", ""))
    for number in range(3):
        end_user.email = f"moana{number}@exemple.nc"
        page = end_user.signs_up()
    assert page.status_code == 429
    assert int(page["Retry-After"]) > 0
    assert User.objects.count() == 2


class TestResend:
    def test_a_new_mail_replaces_the_link_of_the_first(self, end_user):
        end_user.signs_up()
        first = link_of(end_user.mails()[0])
        page = end_user.sends()
        assert "Un nouvel e-mail a été envoyé. Le lien précédent ne fonctionne plus." in text(page)
        assert "Un lien plus récent vous a été envoyé" in text(end_user.opens(first))
        page = end_user.opens(link_of(end_user.mails()[0]))
        assert "Votre compte NC Connect est maintenant activé." in text(page)

    def test_the_pause_between_two_is_told_by_the_time_of_its_end(self, end_user):
        end_user.signs_up()
        second_tab = end_user.page
        end_user.sends()
        end_user.page = second_tab
        page = end_user.sends()
        assert re.search(
            r"un autre e-mail à partir de \d+\s*[h:]\s*\d\d \(heure de Nouméa\)", text(page)
        )
        assert len(end_user.mails()) == 2

    def test_an_address_with_an_account_sees_the_same_and_is_told_by_mail(self, end_user, stranger):
        stranger.has_an_account()
        end_user.email = stranger.email
        end_user.signs_up()
        page = end_user.sends()
        assert "Un nouvel e-mail a été envoyé." in text(page)
        assert [m.subject for m in stranger.mails()] == ["Vous avez déjà un compte NC Connect"] * 2

    def test_without_an_attempt_the_page_leads_to_the_sign_up(self, end_user):
        page = end_user.opens(reverse("accounts:check_mail"))
        assert page.request["PATH_INFO"] == SIGN_UP


@pytest.mark.parametrize(
    "change",
    [
        {"email": "a" * 1_000 + "@exemple.nc"},
        {"email": "\0@exemple.nc"},
        {"password1": "x" * 5_000, "password2": "x" * 5_000},
        {"captcha_jeton": "\0"},
        {"captcha_jeton": "x" * 5_000},
        {"captcha_choix": ["a"] * 50},
        {"next": "//evil.example/"},
        {"next": "/" + "a" * 9_000},
        {"email_kept": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")},
    ],
)
def test_bad_input_is_an_error_in_the_form_or_is_ignored(end_user, change):
    page = end_user.opens(SIGN_UP)
    typed = dict.fromkeys(("email", "email2"), end_user.email) | {"cgu": "on"}
    typed |= dict.fromkeys(("password1", "password2"), end_user.password)
    page = end_user.tampers(SIGN_UP, typed | solved(page) | change)
    assert page.status_code in (200, 400)


def test_expired_tests_are_drawn_anew(end_user, time_machine):
    end_user.opens(SIGN_UP)
    answer = solved(end_user.page)
    time_machine.move_to(timezone.now() + timedelta(minutes=21))
    page = end_user.submits(SIGN_UP, answer | {"email": "a@b.nc"})
    assert "Ce test a expiré. Voici un nouveau test." in text(page)


def test_the_button_pressed_twice_has_one_effect_and_one_answer(end_user):
    end_user.opens(SIGN_UP)
    form = solved(end_user.page) | {
        "email": end_user.email,
        "email2": end_user.email,
        "password1": end_user.password,
        "password2": end_user.password,
        "cgu": "on",
    }
    for _ in range(2):  # the second one is sent before the first answer sets its cookie
        end_user.client.cookies.pop("inscription", None)
        page = end_user.submits(SIGN_UP, form)
        assert "Veuillez activer votre compte" in text(page)
    assert len(end_user.mails()) == 1
    assert "est maintenant activé" in text(end_user.follows_the_link("activation"))


@pytest.mark.parametrize("known", [True, False])
def test_who_waits_for_a_mail_that_was_refused_is_told_whether_or_not_there_is_an_account(
    end_user, stranger, known
):
    from ncconnect.mail.models import REFUSED, Outbox

    if known:
        end_user.has_an_account()
    stranger.signs_up()
    page = end_user.signs_up()
    assert "a refusé notre e-mail" not in text(page)
    cause = f"{REFUSED} SMTPRecipientsRefused 550"
    Outbox.objects.filter(to=end_user.email).update(state="dead", last_error=cause)
    address = page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"]
    assert "a refusé notre e-mail" in text(end_user.opens(address))
    assert "Recommencer l’inscription" in text(end_user.page)
    other = stranger.page.request
    page = stranger.opens(other["PATH_INFO"] + "?" + other["QUERY_STRING"])
    assert "a refusé notre e-mail" not in text(page)
