"""A partner, and a person who is signed in; every test here uses the database."""

import pytest

from tests.relying_party import RelyingParty


@pytest.fixture(autouse=True)
def _database(db):
    pass


@pytest.fixture
def partner():
    return RelyingParty.registered()


@pytest.fixture
def signed_in(end_user):
    """A person with an account, signed in here and not yet at any partner."""
    end_user.account = end_user.has_an_account()
    end_user.signs_in()
    return end_user
