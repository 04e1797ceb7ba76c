"""The same thing at the same instant, many times: the database settles it."""

from collections import Counter

import pytest
from django.conf import settings as configured
from django.contrib.sessions.backends.base import UpdateError

from accounts import links, passwords
from accounts.flows import activation, password_reset, sign_in
from accounts.models import OneTimeLink, Session, TermsAcceptance, User
from ncconnect.mail.models import Outbox
from ncconnect.ratelimit import LIMITS
from ncconnect.waiting import Turns
from tests.actors import PASSWORD, EndUser, link_of
from tests.at_once import at_once
from tests.page_forms import form_to
from tests.strict_client import StrictClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("needs_postgresql")]

EMAIL = "moana@exemple.nc"


@pytest.fixture(autouse=True)
def _every_hash_has_a_slot(monkeypatch):
    """The cap on hashes is tested elsewhere; here all of them are to reach the database."""
    turns = Turns(range(64), waiting=0, patience=0)
    monkeypatch.setattr(passwords, "slots", lambda: turns)


@pytest.fixture
def no_captcha(settings):
    settings.CAPTCHA_BACKEND = "none"


def statuses(outcomes) -> Counter:
    return Counter(getattr(outcome, "status_code", repr(outcome)) for outcome in outcomes)


def test_ten_sign_ups_of_one_address_make_one_account(no_captcha):
    fields = {
        "email": EMAIL,
        "email2": EMAIL,
        "password1": PASSWORD,
        "password2": PASSWORD,
        "cgu": "on",
    }
    browsers = [StrictClient() for _ in range(10)]
    forms = [form_to(browser.get("/inscription/"), "/inscription/") for browser in browsers]
    outcomes = at_once(10, lambda place: forms[place].sent_by(browsers[place], **fields))
    # Those whose mail cannot leave are told, and leave nothing behind.
    mails = LIMITS["sign_up_mail"].number
    assert statuses(outcomes) == {302: mails, 429: 10 - mails}
    assert User.objects.count() == 1
    assert Outbox.objects.count() == OneTimeLink.objects.count() == mails


def test_twenty_uses_of_one_activation_link_open_the_account_once(no_captcha):
    person = EndUser(StrictClient())
    person.signs_up()
    address = link_of(person.mails()[0])
    cookies = person.client.cookies

    def follow(_):
        client = StrictClient()
        client.cookies.update(cookies)
        return client.get(address)

    outcomes = at_once(20, follow)
    # One opens it; the others learn that it is open.
    assert statuses(outcomes) == {302: 1, 410: 19}
    assert all("déjà activé" in o.content.decode() for o in outcomes if o.status_code == 410)
    assert TermsAcceptance.objects.count() == 1
    assert User.objects.get().is_activated


def test_twenty_passwords_on_one_activation_link_open_the_account_once(no_captcha):
    EndUser(StrictClient()).signs_up()
    link_id = OneTimeLink.objects.get().pk

    def activate(_):
        link = OneTimeLink.objects.select_related("user").get(pk=link_id)
        return activation.activate_with_password(link, password=PASSWORD)

    outcomes = at_once(20, activate)
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert kinds[User] == 1
    assert set(kinds) <= {User, links.LinkUsed, activation.TooManyTries}


def test_who_reads_the_link_after_it_was_used_hears_so(no_captcha):
    EndUser(StrictClient()).signs_up()
    activation.activate(OneTimeLink.objects.get())
    with pytest.raises(links.LinkUsed):
        activation.activate_with_password(OneTimeLink.objects.get(), password=PASSWORD)


def test_twenty_uses_of_one_reset_link_change_the_password_once():
    user = User.objects.create_user(EMAIL, PASSWORD)
    link_id = links.issue(
        user=user,
        purpose=OneTimeLink.Purpose.PASSWORD_RESET,
        lifetime=configured.PASSWORD_RESET_LINK_TIME,
    ).pk

    def reset(place):
        link = OneTimeLink.objects.select_related("user").get(pk=link_id)
        password_reset.reset(link, password=f"Nouveau Lagon {place}", accepts_terms=True)
        return place

    outcomes = at_once(20, reset)
    winners = [outcome for outcome in outcomes if isinstance(outcome, int)]
    losers = {type(outcome) for outcome in outcomes if not isinstance(outcome, int)}
    assert len(winners) == 1
    assert losers == {links.LinkUsed}
    user.refresh_from_db()
    assert user.check_password(f"Nouveau Lagon {winners[0]}")
    assert Outbox.objects.filter(name="password_changed").count() == 1


def test_fifty_guesses_at_once_compute_no_more_hashes_than_the_limit(monkeypatch):
    User.objects.create_user(EMAIL, PASSWORD)
    hashes = []
    check = sign_in._right_password
    monkeypatch.setattr(sign_in, "_right_password", lambda *a: hashes.append(1) or check(*a))
    place = sign_in.Place("192.0.2.1")
    outcomes = at_once(
        50, lambda _: sign_in.sign_in(email=EMAIL, password="Faux2026xy", place=place)
    )
    assert len(hashes) == LIMITS["sign_in"].number
    refused = sum(isinstance(outcome, sign_in.TooManyTries) for outcome in outcomes)
    assert refused == 50 - LIMITS["sign_in"].number


def test_a_session_ended_while_it_is_used_stays_ended(client):
    """A page that is being served must not write back the session that was just ended."""
    User.objects.create_user(EMAIL, PASSWORD, activated_at="2026-01-01T00:00:00Z")
    person = EndUser(client)
    person.signs_in()
    store = client.session
    assert store.record  # loaded
    Session.objects.all().delete()
    store["touched"] = True
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()
