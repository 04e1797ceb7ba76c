"""The table of claims: what is derived, what is absent, what a person reads of it."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Details, Identity, User
from oidc_provider.claims import table

CREATED = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
LATER = CREATED + timedelta(days=1)


def person(identity: dict | None = None, details: dict | None = None, **fields) -> User:
    """Somebody who is in no database."""
    user = User(email="moana@exemple.nc", created_at=CREATED, **fields)
    user.identity = Identity(**(identity or {}))
    user.details = Details(**(details or {}))
    return user


def told(name: str, *args, **fields):
    """The value of this claim; None when it is absent."""
    return table.read(person(*args, **fields), [name]).get(name)


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ({"given_names": ["Jean-Marie", "Wapone"], "family_name": "Néa"}, "Jean-Marie Wapone Néa"),
        ({"given_names": ["Léa"], "family_name": "Néa", "usage_name": "Tein"}, "Léa Tein"),
        ({"given_names": ["Léa"]}, "Léa"),
        ({"family_name": "Néa"}, "Néa"),
        ({}, None),
    ],
)
def test_name_is_what_the_person_goes_by(identity, name):
    assert told("name", identity) == name


def test_locale_is_the_language_of_the_account():
    assert told("locale") == "fr"
    assert told("locale", language="en") == "en"


@pytest.mark.parametrize(
    "changed",
    [
        {"identity": {"updated_at": LATER}},
        {"details": {"updated_at": LATER}},
        {"updated_at": LATER},
    ],
)
def test_updated_at_is_the_last_change_of_any_part(changed):
    assert told("updated_at") == int(CREATED.timestamp())
    assert told("updated_at", **changed) == int(LATER.timestamp())


def test_a_number_says_whether_it_was_verified():
    number = {"phone_number": "+687751234"}
    assert told("phone_number_verified", details=number) is False
    assert told("phone_number_verified", details=number | {"phone_number_verified": True}) is True
    assert told("phone_number_verified") is None


def test_an_address_is_written_as_on_an_envelope():
    parts = {
        "street_address": "12 rue de l’Exemple\nBP 4",
        "postal_code": "98800",
        "locality": "Nouméa",
        "country": "Nouvelle-Calédonie",
    }
    formatted = "12 rue de l’Exemple\nBP 4\n98800 Nouméa\nNouvelle-Calédonie"
    assert told("address", details=parts) == parts | {"formatted": formatted}
    assert told("address", details=parts | {"formatted": "autre"})["formatted"] == formatted


def test_an_address_in_one_piece_has_no_parts():
    assert told("address", details={"formatted": "Hienghène"}) == {"formatted": "Hienghène"}


def test_nothing_is_told_of_what_nobody_gave():
    assert set(table.read(person(), table.CLAIMS)) == {
        *("email", "email_verified"),
        *("locale", "updated_at", "verified"),
    }


def test_the_pivot_identity_is_civil_status_alone():
    assert table.names_for(["identite_pivot"]) == {
        *("given_name", "first_name", "family_name", "preferred_username", "gender"),
        *("birthdate", "birthplace", "birthcountry", "verified"),
    }


def test_each_standard_claim_comes_with_its_scope():
    """Core, section 5.4."""
    assert table.names_for(["profile"]) >= {
        *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username"),
        *("profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale"),
        "updated_at",
    }
    assert table.names_for(["email"]) == {"email", "email_verified"}
    assert table.names_for(["phone"]) == {"phone_number", "phone_number_verified"}
    assert table.names_for(["address"]) == {"address"}


@pytest.mark.parametrize("scope", [s for s in table.SCOPES.values() if len(s.lines) > 1])
def test_the_lines_of_a_scope_tell_of_all_that_it_gives(scope):
    """Beside what is made of the rest, or says how sure it is."""
    told = set().union(*(line.claims for line in scope.lines))
    implied = {"name", "middle_name", "updated_at", "verified"}
    assert told | implied == table.names_for([scope.name])


def test_profile_beside_the_pivot_adds_only_what_the_pivot_lacks():
    both = table.groups_for(["profile", "identite_pivot"])
    assert both[table.IDENTITY] == table.groups_for(["identite_pivot"])[table.IDENTITY]
    assert both[table.ABOUT] == table.groups_for(["profile"])[table.ABOUT]


@pytest.mark.parametrize("name", table.CLAIMS)
def test_each_claim_has_words_of_its_own(name):
    """Asked for by its name alone, it is told to the person."""
    (words,) = table.groups_for([table.BY_NAME + name]).values()
    assert len(words) == 1


def test_a_claim_that_a_scope_tells_is_not_told_again():
    items = table.items_for(["openid", "email"], ["email", "given_name", "first_name"])
    assert items == ["openid", "email", "claim:given_name", "claim:first_name"]
    assert [len(words) for words in table.groups_for(items).values()] == [1, 1]


@pytest.mark.parametrize(
    ("agreed", "item", "covered"),
    [
        ("openid profile", "claim:name", True),
        ("openid claim:name", "claim:name", True),
        ("openid claim:name", "profile", False),
        ("openid claim:profile", "profile", False),  # a claim and a scope of one name
        ("openid claim:address", "address", False),
        ("openid", "claim:name", False),
    ],
)
def test_what_an_agreement_covers(agreed, item, covered):
    assert table.cover(agreed.split(), [item]) is covered
