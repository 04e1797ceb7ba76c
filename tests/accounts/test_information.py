"""« Mes informations »: everything that is held about a person, told to them and to nobody else."""

import pytest

from accounts import information
from accounts.models import Details, Identity
from tests.actors import EndUser
from tests.oidc_provider.test_services import text
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db
PAGE = "/mon-compte/informations/"
CIVIL = {
    "given_names": ["Moana", "Élise"],
    "family_name": "Wamytan",
    "usage_name": "Naouna",
    "customary_name": "Hnatr",
    "birthdate": "1980-05-12",
    "gender": "female",
    "birthplace": "98818",
    "birthcountry": "99100",
}
BESIDE = {
    "middle_name": "Élise",
    "nickname": "Mo",
    "profile": "https://exemple.nc/moana",
    "picture": "https://exemple.nc/moana.png",
    "website": "https://moana.exemple.nc/",
    "zoneinfo": "Pacific/Noumea",
    "phone_number": "+687751234",
    "street_address": "12 rue des Cocotiers",
    "locality": "Nouméa",
    "region": "Sud",
    "postal_code": "98800",
    "country": "Nouvelle-Calédonie",
}


@pytest.fixture
def moana(end_user):
    end_user.account = end_user.has_an_account()
    end_user.signs_in()
    return end_user


def knows(moana) -> None:
    Identity.objects.create(
        user=moana.account, **CIVIL, level=Identity.Level.VERIFIED, source="État civil"
    )
    Details.objects.create(user=moana.account, **BESIDE, phone_number_verified=True)


def test_everything_that_is_held_is_told(moana):
    knows(moana)
    page = text(moana.opens(PAGE))
    told = {"Moana, Élise", "12/05/1980", "féminin", "Identité vérifiée.", "Source : État civil."}
    plain = (value for value in (*CIVIL.values(), *BESIDE.values()) if isinstance(value, str))
    values = set(plain) - {"1980-05-12", "female"}
    for value in (moana.email, *told, *values):
        assert value in page, value


@pytest.mark.parametrize("model", [Identity, Details])
def test_each_column_of_a_person_is_told_or_said_why_not(model):
    """A new column without a place on the page fails here."""
    told = {"given_names", *CIVIL, *BESIDE, "phone_number_verified", "formatted"}
    assert {field.name for field in model._meta.fields} <= told | information.NOT_TOLD


def test_who_has_an_address_alone_reads_that(moana):
    page = text(moana.opens(PAGE))
    assert moana.email in page
    assert "Votre identité" not in page
    assert "profil" not in page


def test_nobody_reads_another_person_s(moana):
    knows(moana)
    stranger = EndUser(StrictClient(REMOTE_ADDR="203.0.113.9"), email="jean@exemple.nc")
    assert stranger.opens(PAGE).request["PATH_INFO"] == "/connexion/"
    stranger.has_an_account()
    stranger.signs_in()
    page = text(stranger.opens(PAGE))
    assert "jean@exemple.nc" in page
    assert "Wamytan" not in page


@pytest.mark.parametrize(("kept", "shown"), [("1980", "1980"), ("1980-05", "05/1980")])
def test_a_part_of_a_date_that_is_not_known_is_not_told(moana, kept, shown):
    Identity.objects.create(user=moana.account, birthdate=kept)
    assert f"Date de naissance {shown} " in text(moana.opens(PAGE))


def test_the_page_asks_the_database_little(moana, django_assert_max_num_queries):
    knows(moana)
    with django_assert_max_num_queries(5):
        moana.opens(PAGE)
