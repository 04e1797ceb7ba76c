"""How many SQL statements each endpoint costs: a count does not move with the machine.

BEGIN, COMMIT and savepoints are not counted: whether they are statements depends on the database.
"""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.actors import EndUser
from tests.relying_party import RelyingParty, answer
from tests.strict_client import StrictClient

TRANSACTION_CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
WITH_REFRESH = {"grant_types": ["authorization_code", "refresh_token"]}


@contextmanager
def at_most(number: int):
    with CaptureQueriesContext(connection) as captured:
        yield
    statements = [q["sql"] for q in captured if not q["sql"].startswith(TRANSACTION_CONTROL)]
    assert len(statements) <= number, "\n".join(statements)


def visited(end_user, **changes) -> RelyingParty:
    """A partner that this person has been to before: its secret is marked as used, once an hour."""
    partner = RelyingParty.registered(**changes)
    partner.tokens(end_user)
    partner.code(end_user)
    return partner


@pytest.fixture
def warm(signed_in):
    return visited(signed_in)


@pytest.fixture
def refreshing(signed_in):
    return visited(signed_in, **WITH_REFRESH)


@pytest.fixture
def newcomer(signed_in):
    """The same person in front of another browser, where nobody has signed in yet."""
    return EndUser(StrictClient(), signed_in.email, signed_in.password)


@pytest.fixture
def returning(newcomer):
    """They have signed in there before, and out."""
    newcomer.signs_in()
    newcomer.signs_out()
    return newcomer


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/oidc/jwks", "/connexion/", "/"]
)
def test_what_strangers_read(warm, path):
    stranger = StrictClient()
    stranger.get(path)  # the key ring is read
    with at_most(0):
        assert stranger.get(path).status_code == 200


def test_an_anonymous_authorization_request_and_its_sign_in_page(warm, newcomer):
    with at_most(0):
        assert newcomer.opens(warm.address()).status_code == 200
    assert 'id="login"' in newcomer.page.content.decode()


def sign_in_form(person):
    fields = {"username": person.email, "password": person.password}
    return person.form(*fields), fields


def test_signing_in(signed_in, returning):
    returning.opens(reverse("accounts:sign_in"))
    form, fields = sign_in_form(returning)
    with at_most(4):
        assert form.sent_by(returning.client, **fields).status_code == 302


@pytest.mark.parametrize(("consent", "number"), [("information", 5), ("once", 6)])
def test_signing_in_and_the_code(signed_in, returning, consent, number):
    returning.opens(visited(signed_in, nc_consent=consent).address())
    form, fields = sign_in_form(returning)
    with at_most(number):
        assert "code" in answer(form.sent_by(returning.client, **fields))


def test_signing_in_after_a_failure(signed_in, returning):
    returning.signs_in(password="Faux2026xy")
    form, fields = sign_in_form(returning)
    with at_most(5):  # and what it left is forgotten
        assert form.sent_by(returning.client, **fields).status_code == 302


@pytest.mark.parametrize(("sent", "number"), [("password", 5), ("a wrong one first", 6)])
def test_signing_in_where_they_never_did(newcomer, sent, number):
    """The browser is written down: a known device from now on."""
    newcomer.opens(reverse("accounts:sign_in"))
    if sent != "password":
        newcomer.signs_in(password="Faux2026xy")
    form, fields = sign_in_form(newcomer)
    with at_most(number):
        assert form.sent_by(newcomer.client, **fields).status_code == 302


def test_a_page_of_a_signed_in_person(warm, signed_in):
    with at_most(1):
        assert signed_in.client.get("/mon-compte/mot-de-passe/").status_code == 200


def test_authorize_with_a_session(warm, signed_in):
    with at_most(3):
        assert signed_in.client.get(warm.address()).status_code == 303


def test_authorize_with_a_session_and_a_remembered_consent(signed_in):
    partner = visited(signed_in, nc_consent="once")
    with at_most(3):
        assert signed_in.client.get(partner.address()).status_code == 303


@pytest.mark.parametrize("consent", ["information", "once"])
def test_a_whole_sign_in(signed_in, returning, consent):
    partner = visited(signed_in, nc_consent=consent)
    with at_most(9):
        way = returning.opens(partner.address()).context["next"]
        code = answer(returning.signs_in(way=way))["code"]
        tokens = partner.exchanges(code).json()
        assert partner.userinfo(tokens["access_token"]).status_code == 200


def test_a_whole_sign_in_with_a_refresh_token(refreshing, returning):
    with at_most(9):
        way = returning.opens(refreshing.address()).context["next"]
        code = answer(returning.signs_in(way=way))["code"]
        tokens = refreshing.exchanges(code).json()
        assert refreshing.userinfo(tokens["access_token"]).status_code == 200


def test_a_whole_sign_in_where_they_never_did(warm, newcomer):
    with at_most(10):
        way = newcomer.opens(warm.address()).context["next"]
        code = answer(newcomer.signs_in(way=way))["code"]
        tokens = warm.exchanges(code).json()
        assert warm.userinfo(tokens["access_token"]).status_code == 200


def test_token_by_code(warm, signed_in):
    code = warm.code(signed_in)
    with at_most(2):
        assert warm.exchanges(code).status_code == 200


def test_token_by_code_with_a_refresh_token(refreshing, signed_in):
    code = refreshing.code(signed_in)
    with at_most(2):
        assert "refresh_token" in refreshing.exchanges(code).json()


def test_refresh(refreshing, signed_in):
    token = refreshing.tokens(signed_in)["refresh_token"]
    with at_most(2):
        assert refreshing.refreshes(token).status_code == 200


def test_userinfo(warm, signed_in):
    """After the first of a grant, which writes down what it told (test_claims_released)."""
    token = warm.tokens(signed_in, scope="openid profile email")["access_token"]
    warm.userinfo(token)
    with at_most(1):
        assert warm.userinfo(token).status_code == 200


def test_introspection(warm, signed_in):
    token = warm.tokens(signed_in)["access_token"]
    with at_most(1):
        assert warm.calls("/oidc/introspect", {"token": token}).status_code == 200


def test_introspection_of_a_refresh_token(refreshing, signed_in):
    token = refreshing.tokens(signed_in)["refresh_token"]
    with at_most(1):
        assert refreshing.calls("/oidc/introspect", {"token": token}).json()["active"]


@pytest.mark.parametrize("token", ["x", "A" * 80, "A" * 80 + ".openid"])
def test_a_token_that_was_never_ours(warm, token):
    with at_most(0):
        assert warm.userinfo(token).status_code == 401
        assert warm.calls("/oidc/introspect", {"token": token}).json() == {"active": False}
        assert warm.calls("/oidc/revoke", {"token": token}).status_code == 200
