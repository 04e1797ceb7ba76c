"""How many SQL statements each endpoint costs: a count does not move with the machine."""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.relying_party import RelyingParty

TRANSACTION_CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


@contextmanager
def at_most(number: int):
    with CaptureQueriesContext(connection) as captured:
        yield
    statements = [q["sql"] for q in captured if not q["sql"].startswith(TRANSACTION_CONTROL)]
    assert len(statements) <= number, "\n".join(statements)


@pytest.fixture
def warm(signed_in):
    """A partner that this person has been to before."""
    partner = RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])
    partner.tokens(signed_in)
    partner.code(signed_in)
    return partner


def test_authorize_with_a_session(warm, signed_in):
    with at_most(4):
        signed_in.client.get(warm.address())


def test_token_by_code(warm, signed_in):
    plain = RelyingParty.registered(client_id="sans-refresh")
    plain.tokens(signed_in)  # its secret is marked as used, once an hour
    code = plain.code(signed_in)
    with at_most(4):
        assert plain.exchanges(code).status_code == 200


def test_token_by_code_with_a_refresh_token(warm, signed_in):
    code = warm.code(signed_in)
    with at_most(5):
        assert warm.exchanges(code).status_code == 200


def test_refresh(warm, signed_in):
    token = warm.tokens(signed_in)["refresh_token"]
    with at_most(5):
        assert warm.refreshes(token).status_code == 200


def test_userinfo(warm, signed_in):
    token = warm.tokens(signed_in, scope="openid profile email")["access_token"]
    with at_most(1):
        assert warm.userinfo(token).status_code == 200


def test_introspection(warm, signed_in):
    token = warm.tokens(signed_in)["access_token"]
    with at_most(1):
        assert warm.calls("/oidc/introspect", {"token": token}).status_code == 200
