"""Every event of EVENTS, produced by its flow and looked at: who, whom, where, at which partner.

A new line of EVENTS that nobody looks at fails here: neither a driver below, nor another test that
names it. Two people and two partners are there each time, and the trail speaks of one of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.urls import reverse

from accounts.flows import suspension
from ncconnect import audit
from ncconnect.audit.events import EVENTS
from ncconnect.audit.models import Event
from ncconnect.ratelimit import LIMITS
from oidc_provider.grants import consents
from oidc_provider.models import RelyingParty as Model
from oidc_provider.partners import registration
from tests import staff
from tests.actors import EndUser
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db
TESTS = Path(__file__).resolve().parents[1]
HERE, WRONG, NEW = "192.0.2.7", "Faux2026xy", "Baleine Bleue 2027"
DRIVERS: dict[str, Callable] = {}


@dataclass
class World:
    """Whom and what an event can be about."""

    moana: EndUser
    partner: RelyingParty

    def signed_in(self) -> EndUser:
        self.moana.account = self.moana.has_an_account()
        self.moana.signs_in()
        return self.moana


def produces(name: str):
    def register(driver):
        DRIVERS[name] = driver
        return driver

    return register


@pytest.fixture
def world() -> World:
    """Beside Moana and impots.nc: Jean, who is signed in at the other partner."""
    jean = EndUser(StrictClient(REMOTE_ADDR="203.0.113.9"), email="jean@exemple.nc")
    jean.has_an_account()
    jean.signs_in()
    renewable = ["authorization_code", "refresh_token"]
    RelyingParty.registered(client_id="ville", client_name="Ville").code(jean)
    partner = RelyingParty.registered(nc_consent="always", grant_types=renewable)
    partner.back_channel.defaults["REMOTE_ADDR"] = HERE
    return World(EndUser(StrictClient(REMOTE_ADDR=HERE)), partner)


@produces("sign_up_known_address")
def _(world):
    user = world.moana.has_an_account()
    world.moana.signs_up()
    return {"user_id": user.pk, "network": HERE}


@produces("account_activated")
def _(world):
    from accounts.models import User

    world.moana.signs_up()
    world.moana.follows_the_link("activation")
    return {"user_id": User.objects.get(email=world.moana.email).pk, "network": HERE}


@produces("activation_refused")
def _(world):
    from accounts.models import User

    EndUser(StrictClient(), world.moana.email).signs_up()
    world.moana.follows_the_link("activation")
    world.moana.submits(password=WRONG)
    return {"user_id": User.objects.get(email=world.moana.email).pk, "network": HERE}


@produces("account_restored")
def _(world):
    user = world.moana.has_an_account(is_active=False)
    agent = staff.agent(EndUser(StrictClient(), email="agent@exemple.nc"), "support")
    suspension.restore(user, actor=agent.account)
    return {"user_id": user.pk, "actor_id": agent.account.pk}


@produces("sign_in_refused")
def _(world):
    user = world.moana.has_an_account(is_active=False)
    world.moana.signs_in()
    return {"user_id": user.pk, "network": HERE}


@produces("sign_in_limited")
def _(world):
    world.moana.has_an_account()
    for _ in range(LIMITS["sign_in"].number + 1):
        world.moana.signs_in(password=WRONG)
    return {"network": HERE}


@produces("password_change_refused")
def _(world):
    moana = world.signed_in()
    moana.opens(reverse("accounts:password_change"))
    moana.submits(current=WRONG, password1="Nouveau Lagon 7", password2="Nouveau Lagon 7")
    return {"user_id": moana.account.pk, "network": HERE}


@produces("partner_suspended")
def _(world):
    agent = staff.agent(EndUser(StrictClient(), email="agent@exemple.nc"), "partners")
    found = Model.objects.get(client_id=world.partner.client_id)
    registration.suspend(found, actor=agent.account)
    return {"partner": "impots", "actor_id": agent.account.pk}


@produces("consent_given")
def _(world):
    moana = world.signed_in()
    world.partner.code(moana)
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("consent_refused")
def _(world):
    moana = world.signed_in()
    moana.opens(world.partner.address())
    moana.submits(deny="1")
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("consent_withdrawn")
def _(world):
    moana = world.signed_in()
    world.partner.code(moana)
    consents.withdraw(moana.account, Model.objects.get(client_id="impots"))
    return {"user_id": moana.account.pk, "partner": "impots"}


@produces("code_reused")
def _(world):
    moana = world.signed_in()
    code = world.partner.code(moana)
    for _ in range(2):
        world.partner.exchanges(code)
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("token_issued")
def _(world):
    moana = world.signed_in()
    world.partner.tokens(moana)
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("token_refused")
def _(world):
    moana = world.signed_in()
    world.partner.exchanges(world.partner.code(moana), code_verifier="x" * 43)
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("token_refreshed")
def _(world):
    moana = world.signed_in()
    world.partner.refreshes(world.partner.tokens(moana)["refresh_token"])
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("refresh_token_reused")
def _(world):
    from datetime import timedelta

    import time_machine
    from django.utils import timezone

    moana = world.signed_in()
    members = {"grant_types": ["authorization_code", "refresh_token"], "nc_consent": "always"}
    RelyingParty.registered(**members, token_endpoint_auth_method="none", client_secret=None)
    world.partner.secret = ""
    first = world.partner.tokens(moana)["refresh_token"]
    second = world.partner.refreshes(first).json()["refresh_token"]
    world.partner.refreshes(second)
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        world.partner.refreshes(first)
    return {"user_id": moana.account.pk, "partner": "impots", "network": HERE}


@produces("sign_in")
def _(world):
    """With the session that it opened, on what, and how: « was that me? » is answered by these."""
    user = world.moana.has_an_account()
    world.moana.client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (Android 14) Firefox/140.0"
    world.moana.signs_in()
    facts = {
        "session": str(user.sessions.get().pk),
        "device": "Firefox|Android",
        "method": user.sessions.get().methods,
    }
    assert facts["method"]
    return {"user_id": user.pk, "network": HERE, "facts": facts}


@produces("sign_in_failed")
def _(world):
    user = world.moana.has_an_account()
    world.moana.signs_in(password=WRONG)
    facts = {"address": audit.email_digest(world.moana.email)}
    return {"user_id": user.pk, "network": HERE, "facts": facts}


@produces("sign_out")
def _(world):
    moana = world.signed_in()
    moana.signs_out()
    return {"user_id": moana.account.pk, "network": HERE}


@produces("session_ended")
def _(world):
    """By staff: who did it stands beside whose it was."""
    moana = world.signed_in()
    agent = staff.agent(EndUser(StrictClient(), email="agent@exemple.nc"), "support")
    suspension.suspend(moana.account, actor=agent.account)
    return {"user_id": moana.account.pk, "actor_id": agent.account.pk}


@produces("password_changed")
def _(world):
    moana = world.signed_in()
    moana.opens(reverse("accounts:password_change"))
    moana.submits(current=moana.password, password1=NEW, password2=NEW)
    return {"user_id": moana.account.pk, "network": HERE}


@produces("client_authentication_failed")
def _(world):
    world.partner.secret = "un-autre-secret-que-le-sien-0123456789"
    world.partner.refreshes("x")
    return {"user_id": None, "partner": "impots", "network": HERE}


@produces("token_revoked")
def _(world):
    moana = world.signed_in()
    token = world.partner.tokens(moana)["refresh_token"]
    world.partner.calls("/oidc/revoke", {"token": token})
    return {"partner": "impots", "network": HERE}


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_the_trail_says_who_whom_where_and_at_which_partner(world, name):
    before = set(Event.objects.filter(event=name).values_list("pk", flat=True))
    expected = DRIVERS[name](world)
    [event] = Event.objects.filter(event=name).exclude(pk__in=before)
    assert {member: getattr(event, member) for member in expected} == expected
    if "network" in expected:
        assert event.reference.startswith("NC-")


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_looked_at(name):
    texts = (path.read_text() for path in TESTS.rglob("test_*.py"))
    assert name in DRIVERS or any(f'"{name}"' in text for text in texts)


def test_no_driver_is_left_over():
    assert DRIVERS.keys() <= EVENTS.keys()
