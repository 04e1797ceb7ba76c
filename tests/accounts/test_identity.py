"""A person by the names of OpenID Connect: what is stored, and where."""

import pytest

from accounts import identity
from accounts.flows.create_account import create_account
from accounts.models import Details, Identity, User


def details(**claims) -> dict:
    """The columns of Details that these claims fill, alone."""
    columns = identity.columns(claims)
    assert set(columns) == {Details}
    return columns[Details]


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
        Identity: {
            "given_names": ["Marie-Claire", "Wassissi"],
            "family_name": "Poigoune",
            "birthdate": "1957",
            "birthplace": "98807",
            "birthcountry": "99100",
            "level": 2,
        }
    }


def test_an_identity_without_a_level_is_declared():
    assert identity.columns({"family_name": "Poigoune"})[Identity]["level"] == 1


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+687751234", "+687751234"),
        ("+687 75.12.34", "+687751234"),
        ("+1 (425) 555-1212", "+14255551212"),
        ("+33\u00a06\u202f12 34 56 78", "+33612345678"),
        ("00687 75-12-34", "+687751234"),
        ("\uff0b687\u2011751234\u202c", "+687751234"),
        ("+\u0666\u0668\u0667 75 12 34", "+687751234"),
        ("tel:+687-75-12-34", "+687751234"),
    ],
)
def test_a_phone_number_is_kept_as_e164_has_it(written, kept):
    assert details(phone_number=written) == {"phone_number": kept}


@pytest.mark.parametrize("written", ["Koné", "Kone\u0301", " Koné\u200b", "Koné\u00a0"])
def test_a_name_is_kept_in_one_form_however_it_was_written(written):
    assert identity.columns({"family_name": written})[Identity]["family_name"] == "Koné"
    assert identity.columns({"given_name": [written]})[Identity]["given_names"] == ["Koné"]
    assert details(address={"locality": written}) == {"locality": "Koné"}


def test_a_birthday_without_its_year_is_kept():
    """Core, 5.1: the year may be 0000, indicating that it is omitted."""
    assert identity.columns({"birthdate": "0000-05-12"})[Identity]["birthdate"] == "0000-05-12"
    assert identity.columns({"birthdate": "0000-02-29"})[Identity]["birthdate"] == "0000-02-29"


@pytest.mark.parametrize("written", ["0000", "0000-05", "0000-00-00", "0000-02-30", "0000-13-01"])
def test_nothing_is_not_a_birthday(written):
    with pytest.raises(identity.InvalidClaims, match="birthdate"):
        identity.columns({"birthdate": written})


def test_a_language_with_its_region_is_one_of_ours():
    assert identity.columns({"locale": "en-NZ"}) == {User: {"language": "en"}}


def test_the_parts_of_an_address_make_the_whole():
    parts = {"street_address": "BP 12\r\nVallée-du-Tir", "locality": "Nouméa"}
    kept = {"street_address": "BP 12\nVallée-du-Tir", "locality": "Nouméa"}
    assert details(address=parts | {"formatted": "BP 12, Nouméa"}) == kept


def test_an_address_known_in_one_piece_is_kept_so():
    assert details(address={"formatted": "Tribu de Tiendanite\nHienghène"}) == {
        "formatted": "Tribu de Tiendanite\nHienghène"
    }


def test_what_is_derived_may_be_given_and_is_not_kept():
    assert identity.columns({"name": "Marie Poigoune", "updated_at": 1_700_000_000}) == {}


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        ({"hair": "black"}, "hair: unknown claim"),
        ({"birthdate": "1957-02-30"}, "birthdate"),
        ({"birthdate": 1957}, "birthdate"),
        ({"birthdate": "9999"}, "birthdate"),
        ({"birthplace": "98860A"}, "birthplace"),
        ({"birthcountry": "FR"}, "birthcountry"),
        ({"gender": "x"}, "gender"),
        ({"verified": True}, "verified"),
        ({"family_name": "a\0b"}, "family_name"),
        ({"given_name": [1]}, "given_name"),
        ({"nickname": None}, "nickname"),
        ({"middle_name": "x" * 257}, "middle_name"),
        ({"profile": "http://moana.exemple.nc/"}, "profile: expected an https:// address"),
        ({"picture": "javascript:alert(1)"}, "picture"),
        ({"website": "https://exemple.nc/" + "x" * 500}, "website"),
        ({"website": "https://exemple.nc/\0"}, "website"),
        ({"zoneinfo": "Nouméa"}, "zoneinfo: expected an IANA time zone"),
        ({"zoneinfo": ["Pacific/Noumea"]}, "zoneinfo"),
        ({"locale": "xk"}, "locale: expected a language of ours: fr, en"),
        ({"locale": 1}, "locale"),
        ({"phone_number": "751234"}, "phone_number: expected a number in E.164 form"),
        ({"phone_number": "+68775123"}, "phone_number"),
        ({"phone_number": "+6877512345"}, "phone_number"),
        ({"phone_number": "+1234567890123456"}, "phone_number"),
        ({"phone_number": 687751234}, "phone_number"),
        ({"phone_number": "+687751234", "phone_number_verified": 1}, "phone_number_verified"),
        ({"phone_number_verified": True}, "phone_number_verified: there is no phone_number"),
        ({"phone_number": " ", "phone_number_verified": True}, "there is no phone_number"),
        ({"address": "Nouméa"}, "address: expected an object"),
        ({"address": {"planet": "Terre"}}, r"address\.planet: unknown claim"),
        ({"address": {"locality": 98818}}, r"address\.locality"),
        ({"address": {"postal_code": "98\0"}}, r"address\.postal_code"),
        ({"address": {"street_address": "x" * 257}}, r"address\.street_address"),
        ({"address": {"formatted": "a\0b"}}, r"address\.formatted: expected lines of text"),
    ],
)
def test_a_claim_that_cannot_be_stored_is_named(claims, named):
    with pytest.raises(identity.InvalidClaims, match=named):
        identity.columns(claims)


def test_all_the_faults_are_told_at_once():
    with pytest.raises(identity.InvalidClaims, match=r"gender.*verified.*address\.region"):
        identity.columns({"gender": "x", "verified": 9, "address": {"region": 1}})


def test_what_is_kept_is_read_by_the_names_that_wrote_it(db):
    """K12: one table writes and reads; another person's rows are another matter."""
    claims = {
        "given_name": ["Marie-Claire", "Wassissi"],
        "family_name": "Poigoune",
        "birthdate": "1957",
        "gender": "female",
        "birthplace": "98807",
        "birthcountry": "99100",
        "verified": 2,
        "nickname": "Mari",
        "zoneinfo": "Pacific/Noumea",
        "locale": "en",
        "phone_number": "+687751234",
        "phone_number_verified": True,
        "address": {"locality": "Bourail"},
    }
    user = create_account(email="m@exemple.nc", password=None, claims=claims, activated=True)
    other = create_account(email="n@exemple.nc", password=None, claims={}, activated=True)
    kept = identity.held(user)
    assert kept.pop("address.locality") == "Bourail"
    assert kept == {name: value for name, value in claims.items() if name != "address"}
    assert identity.held(other) == {"locale": "fr"}
