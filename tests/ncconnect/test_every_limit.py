"""Every limit of the table, driven to its edge and over by what it counts, and by nobody else.

A new line of LIMITS without a driver fails here. So that hundreds of tries need not be made, the
number under test is three, and all the others are out of the way: what is shown is that this limit,
and no other, bites at its number, for what it is counted by.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import confirmation
from accounts.captcha import pace
from accounts.flows import activation, reset_request, sign_up
from accounts.models import OneTimeLink, Session, User
from ncconnect.ratelimit import LIMITS
from tests.actors import PASSWORD, EndUser
from tests.page_forms import form_of_nothing
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

NUMBER = 3
PLENTY = 100_000
WRONG = "Faux2026xy"
_numbers = itertools.count(1)

Act = Callable[[], bool]  # one thing that counts; whether the limit bit
DRIVERS: dict[str, Callable[[str], Act]] = {}


def drives(name: str):
    """The function makes what counts for one key of this limit, by the name of the key."""

    def register(function):
        DRIVERS[name] = function
        return function

    return register


def network(key: str) -> str:
    return {"this": "192.0.2.1", "other": "198.51.100.1"}[key]


def site(key: str) -> str:
    """A network of this IPv6 /48, each time another one."""
    part = {"this": "1", "other": "2"}[key]
    return f"2001:db8:{part}:{next(_numbers):x}::/64"


def somewhere() -> str:
    """A network where nobody was before."""
    number = next(_numbers)
    return f"10.1.{number >> 8}.{number & 255}"


def address(key: str = "") -> str:
    return f"{key}@exemple.nc" if key else f"p{next(_numbers)}@exemple.nc"


def signs_in(email: str, where: str, **fields) -> bool:
    person = EndUser(StrictClient(REMOTE_ADDR=where), email=email, password=WRONG)
    return person.signs_in(**fields).status_code == 429


@drives("sign_in")
def _sign_in(key):
    return lambda: signs_in(address(key), network(key))


@drives("sign_in_captcha")
def _sign_in_captcha(key):
    LIMITS["sign_in"] = replace(LIMITS["sign_in"], number=0)
    return lambda: signs_in(address(key), network(key), captcha_jeton="x")


@drives("sign_in_account")
def _sign_in_account(key):
    return lambda: signs_in(address(key), somewhere())


@drives("sign_in_network")
def _sign_in_network(key):
    return lambda: signs_in(address(), network(key))


@drives("sign_in_crowd")
def _sign_in_crowd(key):
    return lambda: signs_in(address(), network(key), captcha_jeton="x")


def posts(url: str, where: str, data: dict | None = None, **options) -> int:
    browser = StrictClient(REMOTE_ADDR=where)
    if options:  # a program's body, not a form
        return browser.post(url, data or {}, **options).status_code
    browser.get("/connexion/")  # for the token of a page
    return form_of_nothing(url, browser).forged_by(browser, data or {}).status_code


@drives("forms")
def _forms(key):
    return lambda: posts("/inscription/", network(key)) == 429


def _waits_for_its_mail(where: str) -> bool:
    at = sign_up.sign_up(
        email=address(), password="x", language="fr", return_to="", attempt=uuid4(), network=where
    )
    return at > timezone.now() + timedelta(seconds=1)


@drives("sign_up")
@drives("sign_up_day")
def _sign_up(key):
    return lambda: _waits_for_its_mail(network(key))


@drives("sign_up_site")
@drives("sign_up_site_day")
def _sign_up_site(key):
    return lambda: _waits_for_its_mail(site(key))


@drives("sign_up_most")
def _sign_up_most(key):
    def act():
        person = EndUser(StrictClient(REMOTE_ADDR=network(key)), email=address())
        return person.signs_up().status_code == 429

    return act


@drives("sign_up_mail")
def _sign_up_mail(key):
    def act():
        person = EndUser(StrictClient(REMOTE_ADDR=somewhere()), email=address(key))
        return person.signs_up().status_code == 429

    return act


def _sends_again(email: str, where: str) -> bool:
    return sign_up.resend(email=email, attempt=uuid4(), network=where) > 0


@drives("resend_pause")
@drives("resend_day")
def _resend(key):
    return lambda: _sends_again(address(key), somewhere())


@drives("resend_network")
def _resend_network(key):
    return lambda: _sends_again(address(), network(key))


@drives("activation_password")
def _activation_password(key):
    user = User.objects.create_user(address(key))
    link = OneTimeLink.objects.create(
        user=user,
        email=user.email,
        purpose=OneTimeLink.Purpose.ACTIVATION,
        password=sign_up.hashed("Tortue Luth 2026"),
        expires_at=timezone.now() + timedelta(hours=1),
    )

    def act():
        try:
            activation.activate_with_password(link, password=WRONG)
        except activation.WrongPassword:
            return False
        except activation.TooManyTries:
            return True

    return act


def _asks(email: str, where: str) -> bool:
    try:
        reset_request.request_reset(email=email, network=where, return_to="")
    except reset_request.TooManyRequests:
        return True
    return False


@drives("reset_mail")
def _reset_mail(key):
    return lambda: _asks(address(key), network(key))


@drives("reset_address")
def _reset_address(key):
    return lambda: _asks(address(key), somewhere())


@drives("reset_network")
def _reset_network(key):
    return lambda: _asks(address(), network(key))


@drives("current_password")
def _current_password(key):
    person = EndUser(StrictClient(REMOTE_ADDR=network(key)), email=address(key))
    person.has_an_account()
    person.signs_in()
    new = {"password1": "Nouveau Lagon 7", "password2": "Nouveau Lagon 7"}

    def act():
        person.opens("/mon-compte/mot-de-passe/")
        page = person.sends(current=WRONG, **new)
        return "Trop d’essais" in page.content.decode()

    return act


def _confirms_wrongly(person: EndUser) -> bool:
    Session.objects.filter(user__email=person.email).update(confirmed_at=None)
    person.opens("/confirmer/?pour=essai")
    return person.sends(password=WRONG).status_code == 429


def _signed_in(key: str) -> EndUser:
    person = EndUser(StrictClient(REMOTE_ADDR=network(key)), email=address(key))
    person.signs_in(password=PASSWORD)
    return person


@drives("confirmation")
def _confirmation(key):
    """By session: the same person's other browser goes on."""
    person = EndUser(StrictClient(), email=address("this"))
    if key == "this":
        person.has_an_account()
    person = _signed_in("this")
    return lambda: _confirms_wrongly(person)


@drives("confirmation_account")
def _confirmation_account(key):
    """Each time in another session."""
    EndUser(StrictClient(), email=address(key)).has_an_account()
    return lambda: _confirms_wrongly(_signed_in(key))


@drives("captcha_shown")
@drives("captcha_shown_day")
def _captcha_shown(key):
    return lambda: not pace.shown(network(key))


@drives("captcha_shown_site")
@drives("captcha_shown_site_day")
def _captcha_shown_site(key):
    return lambda: not pace.shown(site(key))


@drives("captcha_answer")
def _captcha_answer(key):
    return lambda: pace.answer(visitor=address(), network=network(key)) > 0


@drives("captcha_sound")
def _captcha_sound(key):
    return lambda: pace.sound(network(key)) > 0


def _fetches(name: str, where: str) -> bool:
    client = StrictClient(REMOTE_ADDR=where)
    return client.get(f"/captcha/{'0' * 32}/{name}").status_code == 429


@drives("captcha_image")
def _captcha_image(key):
    return lambda: _fetches("images.jpg", network(key))


@drives("captcha_audio")
def _captcha_audio(key):
    return lambda: _fetches("code.wav", network(key))


@drives("client_authentication")
def _client_authentication(key):
    partner = RelyingParty.registered(client_id=f"partner-{key}")
    data = {"grant_type": "authorization_code", "code": "x", "client_id": partner.client_id}

    def act():
        response = partner.calls("/oidc/token", data | {"client_secret": WRONG}, headers={})
        return response.status_code == 429

    return act


@pytest.fixture(autouse=True)
def _a_page_that_asks(monkeypatch):
    asker = confirmation.Asker("accounts:home", "essayer", confirmation.AGE)
    monkeypatch.setitem(confirmation._askers, "essai", asker)


@pytest.fixture(autouse=True)
def _alone(monkeypatch, settings):
    """Every limit is out of the way; the driver's captcha is the box of a robot."""
    settings.CAPTCHA_BACKEND = "none"
    for name, limit in LIMITS.items():
        monkeypatch.setitem(LIMITS, name, replace(limit, number=PLENTY))


def test_every_limit_has_a_driver_and_every_driver_a_limit():
    elsewhere = {
        "partner_keys",  # tests/oidc_provider/test_partner_keys.py
        "csp_report",  # tests/ncconnect/test_operations.py: answered alike, and dropped
    }
    assert DRIVERS.keys() | elsewhere == LIMITS.keys()


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_it_bites_at_its_number_and_nobody_else(name, monkeypatch):
    monkeypatch.setitem(LIMITS, name, replace(LIMITS[name], number=NUMBER))
    act = DRIVERS[name]("this")
    assert [act() for _ in range(NUMBER)] == [False] * NUMBER
    assert act() is True
    assert DRIVERS[name]("other")() is False
