"""Two things at once in the administration: the second is told, and nothing fails."""

import json
import time
from collections import Counter
from threading import Event

import pytest
from django.db import connection, transaction

from oidc_provider.models import RelyingParty as Model
from oidc_provider.models import RelyingPartySecret
from oidc_provider.partners import client_secrets, registration, relying_parties
from tests.actors import EndUser
from tests.at_once import at_once
from tests.page_forms import form_of
from tests.relying_party import SECRET, RelyingParty, metadata
from tests.staff import agent
from tests.strict_client import StrictClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("needs_postgresql")]
PARTNERS = "/admin/oidc_provider/relyingparty/"
WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def staff():
    return agent(EndUser(StrictClient(), email="agent@exemple.nc"), "partners")


def form(staff, url: str):
    return form_of(staff.client.get(url), "metadata")


def save(staff, form, **changes):
    return form.sent_by(staff.client, metadata=json.dumps(metadata(**changes)))


def somebody_waits() -> bool:
    """Within ten seconds, another connection waits for a lock."""
    for _ in range(1_000):
        with connection.cursor() as cursor:
            cursor.execute(WAITS)
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.01)
    return False


def test_a_first_sign_in_while_the_subject_type_changes(staff, end_user):
    """A sub was given meanwhile: it is told like any fault of the metadata."""
    end_user.has_an_account()
    end_user.signs_in()
    partner, held = RelyingParty.registered(), Event()
    record = Model.objects.get()
    shown = form(staff, f"{PARTNERS}{record.pk}/change/")

    def act(place: int):
        if place == 0:
            assert held.wait(10)
            return save(staff, shown, subject_type="public")
        with transaction.atomic():
            Model.objects.select_for_update().get()
            held.set()
            assert somebody_waits()
            return partner.code(end_user)

    page, _code = at_once(2, act)
    assert page.status_code == 200
    assert "it would change every sub given" in page.content.decode()
    record.refresh_from_db()
    assert record.subject_type == "pairwise"


def test_a_partner_that_is_added_by_five_clicks(staff):
    shown = form(staff, f"{PARTNERS}add/")
    pages = at_once(5, lambda _: save(staff, shown))
    assert Counter(page.status_code for page in pages) == {302: 1, 200: 4}
    assert all("déjà enregistré" in p.content.decode() for p in pages if p.status_code == 200)
    assert Model.objects.count() == 1


def test_a_new_secret_that_five_ask_for_at_once():
    """Two live, and the one in use is among them."""
    partner = RelyingParty.registered()
    assert partner.exchanges("x").json()["error"] == "invalid_grant"  # by its secret
    record = Model.objects.get()
    given = at_once(5, lambda _: registration.add_secret(record))
    assert all(isinstance(secret, str) for secret in given)
    relying_parties.forget_all()
    known = [client_secrets.find(relying_parties.find("impots"), [s]) for s in (SECRET, *given)]
    assert RelyingPartySecret.objects.count() == 2
    assert known[0] is not None
    assert sum(found is not None for found in known) == 2
