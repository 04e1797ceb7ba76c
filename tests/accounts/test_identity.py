"""Civil identity by the names of OpenID Connect."""

import pytest

from accounts import identity


def test_what_civil_status_allows_is_stored():
    assert identity.columns(
        {
            "given_name": ["Marie-Claire", "Wassissi"],
            "family_name": "Poigoune",
            "birthdate": "1957-00-00",
            "birthplace": "98807",
            "birthcountry": "99100",
            "verified": 2,
        }
    ) == {
        "given_names": ["Marie-Claire", "Wassissi"],
        "family_name": "Poigoune",
        "birthdate": "1957",
        "birthplace": "98807",
        "birthcountry": "99100",
        "level": 2,
    }


def test_an_identity_without_a_level_is_declared():
    assert identity.columns({"family_name": "Poigoune"})["level"] == 1


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        ({"nickname": "Momo"}, "nickname"),
        ({"birthdate": "1957-02-30"}, "birthdate"),
        ({"birthdate": 1957}, "birthdate"),
        ({"birthplace": "98860A"}, "birthplace"),
        ({"birthcountry": "FR"}, "birthcountry"),
        ({"gender": "x"}, "gender"),
        ({"verified": True}, "verified"),
        ({"family_name": "a\0b"}, "family_name"),
        ({"given_name": [1]}, "given_name"),
    ],
)
def test_a_claim_that_cannot_be_stored_is_named(claims, named):
    with pytest.raises(identity.InvalidClaims, match=named):
        identity.columns(claims)


def test_all_the_faults_are_told_at_once():
    with pytest.raises(identity.InvalidClaims, match=r"gender.*verified"):
        identity.columns({"gender": "x", "verified": 9})
