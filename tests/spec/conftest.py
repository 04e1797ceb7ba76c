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
def signed_in(end_user, partner):
    """A person with an account, who signed in at the request of ``partner``."""
    end_user.account = end_user.has_an_account()
    end_user.opens(partner.address())
    end_user.signs_in(way=end_user.page.context["next"])
    return end_user
