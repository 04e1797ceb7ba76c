"""What the forms say, before anything happens."""

import pytest
from django.http import QueryDict

from accounts.forms import SignUpForm, near_miss

pytestmark = pytest.mark.django_db


def sign_up_form(**changes):
    fields = {
        "email": "moana@exemple.nc",
        "email2": "moana@exemple.nc",
        "password1": "Soleil2024",
        "password2": "Soleil2024",
        "cgu": "on",
    }
    data = QueryDict(mutable=True)
    data.update(fields | changes)
    return SignUpForm(data)


def test_a_complete_form_is_accepted():
    assert sign_up_form().is_valid()


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("email", "", "Saisissez votre adresse e-mail."),
        ("email", "moana", "L’adresse e-mail doit avoir la forme nom@exemple.nc."),
        ("email2", "", "Confirmez votre adresse e-mail."),
        (
            "email2",
            "autre@exemple.nc",
            "Les deux adresses e-mail sont différentes. Vérifiez-les.",
        ),
        ("password1", "", "Choisissez un mot de passe."),
        ("password2", "Soleil2025", "Les deux mots de passe sont différents."),
        ("cgu", "", "Acceptez les conditions générales d’utilisation pour créer votre compte."),
    ],
)
def test_each_fault_is_told_beside_its_field(field, value, error):
    form = sign_up_form(**{field: value})
    assert not form.is_valid()
    assert form.errors[field] == [error]


def test_the_two_addresses_are_compared_in_their_canonical_form():
    assert sign_up_form(email2=" Moana@EXEMPLE.nc").is_valid()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("moana@lagon.nc", "moana@lagoon.nc"),
        ("moana@gmial.com", "moana@gmail.com"),
        ("moana@hotmial.fr", "moana@hotmail.fr"),
        ("moana@msl.nc", ""),
        ("moana@lagoon.nc", ""),
        ("moana@mail.com", ""),
        ("moana@impots.nc", ""),
    ],
)
def test_near_misses_of_usual_domains(written, meant):
    assert near_miss(written) == meant


def test_a_near_miss_is_asked_about_once_and_then_kept():
    form = sign_up_form(email="moana@lagon.nc", email2="moana@lagon.nc")
    assert not form.is_valid()
    assert "moana@lagoon.nc" in form.errors["email"][0]
    kept = form.data["email_kept"]
    again = sign_up_form(email="moana@lagon.nc", email2="moana@lagon.nc", email_kept=kept)
    assert again.is_valid()


def test_the_addresses_are_asked_once_where_the_service_decides_so(settings):
    settings.SIGNUP_DOUBLE_ENTRY = False
    data = QueryDict(mutable=True)
    data.update({"email": "moana@exemple.nc", "password1": "Soleil2024", "cgu": "on"})
    assert SignUpForm(data).is_valid()
