"""Who a partner can try with: the demonstration's people, as userinfo would tell them."""

import pytest

from accounts.flows.create_account import create_account
from ncconnect.demonstration import preparation
from oidc_provider.claims import table

pytestmark = pytest.mark.django_db
PIVOT = {"given_name", "family_name", "gender", "birthdate", "birthplace", "birthcountry"}


def told(account: preparation.Account) -> dict:
    person = create_account(
        email=account.email, password=None, claims=account.claims, activated=True
    )
    return table.read(person, table.CLAIMS)


def test_there_is_somebody_with_a_full_a_partial_and_no_identity():
    full, partial, none = (told(account) for account in preparation.accounts())
    assert full.keys() >= PIVOT | {"preferred_username", "phone_number"}
    assert PIVOT & partial.keys() == {"given_name", "family_name", "birthdate"}
    assert PIVOT & none.keys() == set()
    assert [person["verified"] for person in (full, partial, none)] == [2, 1, 0]


def test_each_says_in_a_word_who_they_are():
    words = [account.about for account in preparation.accounts()]
    assert words == ["full identity", "partial identity", "no identity"]
