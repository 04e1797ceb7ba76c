"""What a partner holds of a session that its person shut from another device."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.devices import reached
from accounts.flows import devices, sessions
from accounts.models import Session, User
from oidc_provider.models import Grant, LogoutNotice
from tests.actors import EndUser
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

# SQLite takes fewer values in one statement.
NUMBER = 500 if connection.vendor == "postgresql" else 60
OFFLINE = "openid offline_access"
WITH_REFRESH = {
    "scope": OFFLINE,
    "grant_types": ["authorization_code", "refresh_token"],
    "nc_consent": "always",
}


@pytest.fixture
def partner() -> RelyingParty:
    return RelyingParty.registered(
        backchannel_logout_uri="https://impots.example.nc/fin", **WITH_REFRESH
    )


@pytest.fixture
def elsewhere(signed_in) -> EndUser:
    """The same person on another device."""
    other = EndUser(StrictClient(REMOTE_ADDR="198.51.100.7"), signed_in.email, signed_in.password)
    other.signs_in()
    return other


def session_of(person: EndUser) -> Session:
    return person.client.session.record


def person_of(person: EndUser) -> User:
    return User.objects.get(email=person.email)


def goes_on(partner: RelyingParty, tokens: dict) -> bool:
    used = partner.userinfo(tokens["access_token"]).status_code == 200
    renewed = "refresh_token" in partner.refreshes(tokens["refresh_token"]).json()
    assert used is renewed
    return used


def test_offline_access_given_there_ends_with_it_and_that_given_here_does_not(
    partner, signed_in, elsewhere
):
    """Who has lost a telephone shuts it, whatever an application there still holds."""
    lost = partner.tokens(elsewhere, scope=OFFLINE, prompt="consent")
    kept = partner.tokens(signed_in, scope=OFFLINE, prompt="consent")
    devices.end(person_of(signed_in), session_of(elsewhere).pk)
    assert not goes_on(partner, lost)
    assert goes_on(partner, kept)
    assert LogoutNotice.objects.count() == 1


def test_an_ordinary_sign_out_leaves_it(partner, signed_in, elsewhere):
    """Back-Channel Logout, section 2.7."""
    tokens = partner.tokens(elsewhere, scope=OFFLINE, prompt="consent")
    elsewhere.signs_out()
    assert goes_on(partner, tokens)


def test_all_others_tell_their_partners_and_this_one_does_not(partner, signed_in, elsewhere):
    lost = partner.tokens(elsewhere, scope=OFFLINE, prompt="consent")
    kept = partner.tokens(signed_in, scope=OFFLINE, prompt="consent")
    devices.end_others(person_of(signed_in), keep=session_of(signed_in))
    assert LogoutNotice.objects.count() == 1
    assert not goes_on(partner, lost)
    assert goes_on(partner, kept)


def test_the_page_names_the_services_that_each_session_reached(partner, signed_in, elsewhere):
    partner.tokens(elsewhere, prompt="consent")
    partner.code(elsewhere, prompt="consent")  # and again
    other = RelyingParty.registered(client_id="ville", client_name="Ville de Nouméa")
    other.tokens(elsewhere)
    RelyingParty.registered(client_id="port", client_name="Port").code(elsewhere)  # not redeemed
    keys = [session_of(each).pk for each in (signed_in, elsewhere)]
    assert reached.by(keys) == {keys[1]: ["Ville de Nouméa", "impots.nc"]}
    page = signed_in.opens("/mon-compte/appareils/").content.decode()
    assert "Services atteints\u00a0: Ville de Nouméa, impots.nc." in page


def test_hundreds_end_in_the_statements_of_one(partner, signed_in, elsewhere):
    """And each leaves its line in the trail, and its notice."""
    partner.tokens(elsewhere, scope=OFFLINE, prompt="consent")
    user, keep = person_of(signed_in), session_of(signed_in)

    def ends() -> int:
        with CaptureQueriesContext(connection) as seen:
            devices.end_others(user, keep=keep)
        return len(seen)

    one = ends()
    grant = Grant.objects.first()
    now = timezone.now()
    many = Session.objects.bulk_create(
        Session(
            user=user, session_key=bytes(32), credentials=bytes(16), expire_date=now, ends_at=now
        )
        for _ in range(NUMBER)
    )
    for session in many:
        grant.pk, grant.session, grant.revoked_at = type(session)._meta.pk.default(), session, None
        grant._state.adding = True
        grant.save()
    assert ends() == one
    assert Session.objects.get(user=user) == keep
    assert LogoutNotice.objects.count() == NUMBER + 1
    assert not Grant.objects.filter(revoked_at=None).exists()


def test_a_suspension_ends_no_more_than_it_did(partner, signed_in):
    """The reason is the person's own, and nobody else's."""
    tokens = partner.tokens(signed_in, scope=OFFLINE, prompt="consent")
    sessions.end(Session.objects.all(), reason="staff")
    assert goes_on(partner, tokens)
