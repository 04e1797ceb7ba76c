"""A forgotten password and a changed one: what was opened with the old one ends."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import OneTimeLink, Session, TermsAcceptance, User
from accounts.signals import credentials_revoked
from ncconnect.ratelimit import LIMITS
from tests.actors import EndUser, link_of
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

FORGOTTEN = "/mot-de-passe-oublie/"
NEW = "Nouveau Lagon 7"


def text(response) -> str:
    return response.content.decode()


def asks_for_a_link(person: EndUser, **fields):
    send = person.tampers if fields else person.submits
    return send(FORGOTTEN, {"email": person.email} | fields)


def chooses(person: EndUser, password=NEW, **fields):
    """In the page of the link, that is in front of them."""
    return person.sends(password1=password, password2=password, **fields)


def test_the_whole_way_from_forgotten_to_signed_in(end_user):
    user = end_user.has_an_account()
    assert "Consultez votre messagerie" in text(asks_for_a_link(end_user))
    page = end_user.follows_the_link("password_reset")
    assert "Choisir un nouveau mot de passe" in text(page)
    assert "Votre mot de passe est modifié" in text(chooses(end_user))
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert end_user.mails()[0].subject == "Votre mot de passe NC Connect est modifié"
    assert "_auth_user_id" not in end_user.client.session


def test_the_page_is_the_same_for_an_unknown_address(end_user, stranger):
    end_user.has_an_account()
    known = text(asks_for_a_link(end_user)).replace(end_user.email, "X")
    unknown = text(asks_for_a_link(stranger)).replace(stranger.email, "X")

    def strip(page: str) -> list[str]:
        """Without what is sealed for each: the address that the page speaks of."""
        page = re.sub(r"adresse=[\w-]+", "adresse=", page)
        return [line for line in page.splitlines() if "csrf" not in line]

    assert strip(known) == strip(unknown)
    assert not stranger.mails()


def test_opening_the_link_uses_nothing_up(end_user):
    end_user.has_an_account()
    asks_for_a_link(end_user)
    for _ in range(3):
        StrictClient().get(link_of(end_user.mails()[0]))
    end_user.follows_the_link("password_reset")
    assert "Votre mot de passe est modifié" in text(chooses(end_user))


def test_the_token_leaves_the_address_bar_and_no_referer_carries_it(end_user):
    end_user.has_an_account()
    asks_for_a_link(end_user)
    link = link_of(end_user.mails()[0])
    response = end_user.client.get(link)
    assert response.status_code == 302
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert link.split("/")[-2] not in response["Location"]


def test_it_serves_once(end_user):
    end_user.has_an_account()
    asks_for_a_link(end_user)
    link = link_of(end_user.mails()[0])
    end_user.opens(link)
    chooses(end_user)
    page = EndUser(StrictClient()).opens(link)
    assert page.status_code == 410
    assert "Ce lien a déjà servi" in text(page)


def test_it_lives_an_hour(end_user):
    end_user.has_an_account()
    asks_for_a_link(end_user)
    link = link_of(end_user.mails()[0])
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        page = end_user.opens(link)
    assert "Ce lien a expiré" in text(page)


def test_a_link_that_leaves_late_lives_an_hour_from_then_on(end_user):
    end_user.has_an_account()
    asks_for_a_link(end_user)
    with time_machine.travel(timezone.now() + timedelta(hours=5)):
        end_user.follows_the_link("password_reset")
        assert "Votre mot de passe est modifié" in text(chooses(end_user))


def test_what_a_stranger_asks_for_does_not_take_the_owners_link_away(end_user, stranger):
    """All of them are in the owner's mailbox. The one that is used ends the others."""
    end_user.has_an_account()
    asks_for_a_link(end_user)
    first = link_of(end_user.mails()[0])
    stranger.submits("/mot-de-passe-oublie/", {"email": end_user.email})
    second = link_of(end_user.mails()[0])
    assert first != second
    end_user.opens(first)
    chooses(end_user)
    assert "Ce lien ne fonctionne plus" in text(end_user.opens(second))


@pytest.mark.parametrize("change", ["password", "suspension"])
def test_any_change_of_the_account_ends_it(end_user, change):
    user = end_user.has_an_account()
    asks_for_a_link(end_user)
    link = link_of(end_user.mails()[0])
    asks_for_a_link(end_user)  # whose mail has not left yet
    if change == "password":
        from accounts.flows import password_change

        password_change.change(
            user, current=end_user.password, password="Autre Lagon 8", session=None
        )
    else:
        user.is_active = False
        user.save()
    assert end_user.opens(link).status_code == 410
    assert end_user.mails("password_reset") == []


@pytest.mark.parametrize("token", ["abc", "%00", "A" * 10_000, "A" * 43])
def test_a_broken_link_says_so(client, token):
    response = client.get(f"{FORGOTTEN}{token}/")
    assert response.status_code in (404, 410)


def test_an_activation_link_is_no_reset_link(end_user):
    end_user.signs_up()
    token = link_of(end_user.mails()[0]).split("/")[-2]
    assert "Ce lien n’est pas valable" in text(end_user.opens(f"{FORGOTTEN}{token}/"))


def test_every_session_and_token_opened_with_the_old_password_ends(end_user):
    user = end_user.has_an_account()
    others = [EndUser(StrictClient()) for _ in range(2)]
    for person in others:
        person.signs_in()
    told = []
    credentials_revoked.connect(lambda user, **_: told.append(user), weak=False, dispatch_uid="t")
    try:
        asks_for_a_link(end_user)
        end_user.follows_the_link("password_reset")
        chooses(end_user)
    finally:
        credentials_revoked.disconnect(dispatch_uid="t")
    assert not Session.objects.exists()
    assert told == [user]
    for person in others:
        assert person.opens("/mon-compte/").request["PATH_INFO"] == "/connexion/"


def test_the_way_leads_on_to_where_the_person_came_from(end_user):
    end_user.has_an_account()
    asks_for_a_link(end_user, next="/aide/")
    end_user.opens(link_of(end_user.mails()[0]))
    assert end_user.page.context["destination"].url == "/aide/"
    assert chooses(end_user).context["destination"].url == "/aide/"


def test_a_weak_password_is_refused_and_the_link_still_serves(end_user):
    end_user.has_an_account()
    asks_for_a_link(end_user)
    end_user.follows_the_link("password_reset")
    assert "trop courant" in text(chooses(end_user, "Password1"))
    assert "Votre mot de passe est modifié" in text(chooses(end_user))


def test_an_account_that_waits_opens_by_it_when_its_owner_accepts_the_terms(end_user, stranger):
    """A stranger signed up on this address; the mailbox's owner makes the account theirs."""
    stranger.email = end_user.email
    stranger.signs_up()
    asks_for_a_link(end_user)
    end_user.follows_the_link("password_reset")
    assert 'name="cgu"' in text(end_user.page)
    assert "Acceptez les conditions" in text(chooses(end_user))
    end_user.sends(cgu="on")
    assert User.objects.get().is_activated
    assert User.objects.get().check_password(NEW)
    assert TermsAcceptance.objects.count() == 1
    assert stranger.opens(link_of(stranger.mails("activation")[0])).status_code == 410


def test_who_asks_too_often_is_told_how_long_to_wait_and_what_else_to_do(end_user):
    """Told alike for an address without an account: nothing is said about it."""
    end_user.has_an_account()
    for email in (end_user.email, "inconnue@exemple.nc"):
        for _ in range(LIMITS["reset_mail"].number):
            page = end_user.submits("/mot-de-passe-oublie/", {"email": email})
            assert "Consultez votre messagerie" in text(page)
        page = end_user.submits("/mot-de-passe-oublie/", {"email": email})
        assert page.status_code == 429
        assert 0 < int(page["Retry-After"]) <= 3600
        assert "son lien fonctionne toujours" in text(page)
    assert len(end_user.mails()) == LIMITS["reset_mail"].number


def test_strangers_do_not_use_up_the_requests_of_the_owner(end_user, stranger):
    end_user.has_an_account()
    for _ in range(LIMITS["reset_mail"].number + 1):
        stranger.submits("/mot-de-passe-oublie/", {"email": end_user.email})
    assert stranger.page.status_code == 429
    assert "Consultez votre messagerie" in text(asks_for_a_link(end_user))


def test_strangers_everywhere_do_not_take_the_way_of_a_known_device(end_user, monkeypatch):
    from ncconnect.ratelimit import Limit

    end_user.has_an_account()
    end_user.signs_in()
    end_user.signs_out()
    monkeypatch.setitem(LIMITS, "reset_address", Limit(2, 3600, "address", ""))
    for number in range(3):
        far = EndUser(StrictClient(REMOTE_ADDR=f"192.0.2.{number}"))
        far.submits("/mot-de-passe-oublie/", {"email": end_user.email})
    assert far.page.status_code == 429  # a mailbox is not flooded without end
    assert "Consultez votre messagerie" in text(asks_for_a_link(end_user))


def test_an_address_without_an_account_is_sent_nothing_and_leaves_nothing(end_user, stranger):
    from ncconnect.mail import delivery
    from ncconnect.mail.models import Outbox

    stranger.has_an_account(is_active=False)
    asks_for_a_link(end_user)
    end_user.submits("/mot-de-passe-oublie/", {"email": stranger.email})
    assert Outbox.objects.count() == 2  # as for anybody, until a worker looks
    assert delivery.sweep() == 0
    assert not Outbox.objects.exists()
    assert not OneTimeLink.objects.exists()


def test_the_trail_says_who_asked_and_from_where_though_a_worker_writes_it(end_user):
    from ncconnect.audit.models import Event

    user = end_user.has_an_account()
    end_user.client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    end_user.opens(FORGOTTEN)
    asked = end_user.form("email").sent_by(end_user.client, email=end_user.email)
    reference = asked["X-Reference"]
    for _ in range(2):  # a mail may be rendered again
        end_user.mails()
    event = Event.objects.get(event="password_reset_requested")
    assert (event.user_id, event.network, event.reference) == (user.pk, "192.0.2.7", reference)


class TestChange:
    URL = "/mon-compte/mot-de-passe/"

    def changes(self, person, **fields):
        person.opens(self.URL)
        new = {"current": person.password, "password1": NEW, "password2": NEW}
        return person.sends(**new | fields)

    def test_this_session_goes_on_and_the_others_end(self, end_user):
        user = end_user.has_an_account()
        elsewhere = EndUser(StrictClient())
        for person in (end_user, elsewhere):
            person.signs_in()
        page = self.changes(end_user)
        assert "Votre mot de passe est modifié." in text(page)
        assert end_user.opens("/mon-compte/").request["PATH_INFO"] == "/mon-compte/"
        assert elsewhere.opens("/mon-compte/").request["PATH_INFO"] == "/connexion/"
        user.refresh_from_db()
        assert user.check_password(NEW)
        assert end_user.mails()[0].subject == "Votre mot de passe NC Connect est modifié"

    def test_the_current_password_is_asked(self, end_user):
        user = end_user.has_an_account()
        end_user.signs_in()
        page = self.changes(end_user, current="Faux2026xy")
        assert "Ce n’est pas votre mot de passe actuel." in text(page)
        user.refresh_from_db()
        assert user.check_password(end_user.password)

    def test_it_is_not_a_place_to_guess(self, end_user):
        end_user.has_an_account()
        end_user.signs_in()
        for _ in range(11):
            page = self.changes(end_user, current="Faux2026xy")
        assert "Trop d’essais." in text(page)

    def test_nobody_else_gets_there(self, end_user):
        assert end_user.opens(self.URL).request["PATH_INFO"] == "/connexion/"
