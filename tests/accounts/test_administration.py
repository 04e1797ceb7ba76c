"""What support sees and corrects of a person."""

import json

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Details, Identity, User
from ncconnect.audit.models import Event
from tests.page_forms import form_of
from tests.rows_before_rules import before_its_rules
from tests.staff import agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(end_user):
    return agent(end_user, "support")


@pytest.fixture
def person():
    user = User.objects.create_user("jean@exemple.nc", "Tortue Luth 2026")
    Details.objects.create(user=user, phone_number="+687751234", phone_number_verified=True)
    return user


def saves(staff, person, **changes):
    """Submit the page of this person as it is shown, with ``changes``."""
    form = form_of(staff.opens(f"/admin/accounts/user/{person.pk}/change/"), "language")
    return form.forged_by(staff.client, changes)


def test_the_details_are_shown_and_corrected(staff, person):
    assert b"+687751234" in staff.opens(f"/admin/accounts/user/{person.pk}/change/").content
    changes = {"details-0-locality": "Koné", "details-0-postal_code": "98860"}
    assert saves(staff, person, **changes).status_code == 302
    details = Details.objects.get()
    assert (details.locality, details.postal_code) == ("Koné", "98860")
    assert details.phone_number_verified


def test_another_number_is_not_verified_yet(staff, person):
    saves(staff, person, **{"details-0-phone_number": "+687 28 00 00"})
    details = Details.objects.get()
    assert (details.phone_number, details.phone_number_verified) == ("+687280000", False)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"details-0-phone_number": "751234"}, "format international"),
        ({"details-0-picture": "http://exemple.nc/photo.jpg"}, "URL valide"),
        ({"details-0-zoneinfo": "Lune/Mer"}, "fuseau horaire"),
    ],
)
def test_the_rules_are_those_of_the_claims(staff, person, changes, told):
    before = Details.objects.values().get()
    page = saves(staff, person, **changes)
    assert page.status_code == 200
    assert told in page.content.decode()
    assert Details.objects.values().get() == before


def test_no_number_is_not_a_verified_one(staff, person):
    Details.objects.update(phone_number="", phone_number_verified=False)
    page = saves(staff, person, **{"details-0-phone_number_verified": "on"})
    assert "pas de numéro à dire vérifié" in page.content.decode()
    assert not Details.objects.get().phone_number_verified


def test_a_change_is_written_down_by_its_field_and_dated(staff, person):
    saves(staff, person, **{"details-0-nickname": "Jano", "language": "en"})
    event = Event.objects.get(event="staff_change")
    assert event.user_id == person.pk
    assert event.actor_id == User.objects.get(email=staff.email).pk
    assert event.facts == {"fields": ["language", "nickname"]}
    person.refresh_from_db()
    assert person.updated_at is not None


def test_saving_without_a_change_dates_nothing(staff, person):
    saves(staff, person)
    person.refresh_from_db()
    assert person.updated_at is None


def test_the_identity_is_beside(staff, person):
    changes = {"identity-TOTAL_FORMS": "1", "identity-0-user": str(person.pk)}
    changes |= {"identity-0-given_names": '["Jean"]', "identity-0-level": "1"}
    assert saves(staff, person, **changes).status_code == 302
    assert Identity.objects.get().given_names == ["Jean"]
    assert "given_names" in Event.objects.get(event="staff_change").facts["fields"]


@pytest.mark.parametrize("names", ["", "[]"])
def test_given_names_may_be_cleared(staff, person, names):
    Identity.objects.create(user=person, given_names=["Jean"])
    changes = {"initial-identity-0-given_names": '["Jean"]', "identity-0-given_names": names}
    assert saves(staff, person, **changes).status_code == 302
    assert Identity.objects.get().given_names == []


@pytest.mark.parametrize("names", ["5", "[5]", '{"a": 1}', '"Jean"', r'["\u0000"]', "[[]]"])
def test_given_names_are_what_claims_can_be_made_of(staff, person, names):
    Identity.objects.create(user=person, given_names=["Jean"])
    page = saves(staff, person, **{"identity-0-given_names": names})
    assert page.status_code == 200
    assert page.context["errors"]
    assert Identity.objects.get().given_names == ["Jean"]


NOT_CIVIL = [
    ("birthdate", "12/05/1980"),
    ("birthdate", "1980-13"),
    ("birthdate", "2999-01-01"),
    ("birthplace", "Koné"),
    ("birthplace", "988"),
    ("birthcountry", "NC"),
    ("birthcountry", "98818"),
    ("given_names", '[""]'),
    ("family_name", "K" * 257),
]


@pytest.mark.parametrize(("column", "value"), NOT_CIVIL)
def test_staff_store_no_identity_that_no_partner_may_receive(staff, person, column, value):
    """K8: one rule for the form, the command and the row itself; the others' rows stay."""
    Identity.objects.create(user=person, family_name="Néa", level=2)
    other = Identity.objects.create(
        user=User.objects.create_user("autre@exemple.nc"), family_name="Wamytan"
    )
    before = list(Identity.objects.order_by("pk").values())
    page = saves(
        staff,
        person,
        **{"identity-0-family_name": "Néa", "identity-0-level": "2"}
        | {f"identity-0-{column}": value},
    )
    assert page.status_code == 200
    assert page.context["errors"]
    assert list(Identity.objects.order_by("pk").values()) == before
    setattr(other, column, json.loads(value) if column == "given_names" else value)
    with pytest.raises(ValidationError):
        other.save()
    assert list(Identity.objects.order_by("pk").values()) == before


def test_an_identity_that_was_there_before_the_rule_is_mended_when_it_is_written(staff, person):
    """It is shown, and stays as it is until then."""
    Identity.objects.create(user=person, family_name="Néa")
    with before_its_rules(Identity):
        Identity.objects.update(birthplace="Koné")
    page = saves(staff, person, **{"identity-0-birthplace": "Koné", "language": "en"})
    assert "98818" in page.content.decode()
    assert saves(staff, person, **{"identity-0-birthplace": "98811"}).status_code == 302
    assert Identity.objects.get().birthplace == "98811"


def test_a_page_shows_a_few_forms_whatever_is_announced(staff, person):
    page = saves(staff, person, **{"details-TOTAL_FORMS": "9999"})
    [_, details] = page.context["inline_admin_formsets"]
    assert len(details.formset.forms) <= 10
