"""K8: a statement that asks no model is held to the rules too, by the database."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import Details, Identity, User
from tests.rows_before_rules import before_its_rules

pytestmark = pytest.mark.django_db

REFUSED = [
    (Identity, "birthdate", "12/05/1980"),
    (Identity, "birthdate", "1980-5-12"),
    (Identity, "birthdate", "1980-13"),
    (Identity, "birthdate", "1980-00-12"),
    (Identity, "birthdate", "1980-01-32"),
    (Identity, "birthdate", "0000"),
    (Identity, "birthdate", "0000-05"),
    (Identity, "birthdate", "1980\n"),
    (Identity, "birthplace", "Koné"),
    (Identity, "birthplace", "2C004"),
    (Identity, "birthplace", "9881"),
    (Identity, "birthcountry", "NC"),
    (Identity, "birthcountry", "98818"),
    (Identity, "gender", "M"),
    (Identity, "level", 3),
    (Details, "phone_number", "751234"),
    (Details, "phone_number", "+68775123"),
    (Details, "phone_number", "+6877512345"),
    (Details, "profile", "http://exemple.nc/"),
    (Details, "picture", "javascript:alert(1)//https://"),
    (Details, "website", "exemple.nc"),
]
TAKEN = [
    (Identity, "birthdate", ["", "1980", "1980-05", "1980-05-12", "0000-02-29", "0001"]),
    (Identity, "birthplace", ["", "98818", "2A004", "99100"]),
    (Identity, "birthcountry", ["", "99100"]),
    (Identity, "gender", ["", "female", "male"]),
    (Identity, "level", [0, 1, 2]),
    (Details, "phone_number", ["", "+687751234", "+33612345678", "+1234567"]),
    (Details, "picture", ["", "https://exemple.nc/moi.jpg", "HTTPS://exemple.nc/moi.jpg"]),
]


@pytest.fixture
def people():
    """Two, each with an identity and details."""
    users = [User.objects.create_user(f"{name}@exemple.nc") for name in ("jean", "autre")]
    for user in users:
        Identity.objects.create(user=user, family_name="Néa", birthplace="98818", level=1)
        Details.objects.create(user=user, locality="Koné")
    return users


@pytest.mark.parametrize(("model", "column", "value"), REFUSED)
def test_an_update_outside_the_model_is_refused(people, model, column, value):
    before = list(model.objects.order_by("pk").values())
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(user=people[0]).update(**{column: value})
    assert list(model.objects.order_by("pk").values()) == before
    with pytest.raises(ValidationError):
        model(user=people[0], **{column: value}).clean_fields(exclude={"user"})


@pytest.mark.parametrize(("model", "column", "values"), TAKEN)
def test_what_the_model_takes_the_database_takes(people, model, column, values):
    for value in values:
        row = model.objects.get(user=people[0])
        setattr(row, column, value)
        row.save()
        assert model.objects.filter(user=people[0], **{column: value}).exists()


def test_a_number_that_is_not_there_is_not_verified(people):
    with pytest.raises(IntegrityError), transaction.atomic():
        Details.objects.update(phone_number_verified=True)
    assert not Details.objects.filter(phone_number_verified=True).exists()


def test_a_row_from_before_a_rule_is_counted_and_nobody_named(people, capsys):
    with before_its_rules(Identity):
        Identity.objects.filter(user=people[0]).update(birthplace="Koné")
    with pytest.raises(SystemExit):
        call_command("check_rows")
    told = capsys.readouterr().out
    assert "accounts_identity birthplace_is_a_code: 1\n" in told
    assert "accounts_identity birthdate_is_a_date: 0\n" in told
    assert "Koné" not in told
    assert str(people[0].pk) not in told
    Identity.objects.filter(user=people[0]).update(birthplace="98811")
    call_command("check_rows")
    assert "birthplace_is_a_code: 0\n" in capsys.readouterr().out


def test_an_account_whose_row_breaks_a_rule_can_be_deleted(people):
    with before_its_rules(Identity):
        Identity.objects.filter(user=people[0]).update(birthplace="Koné")
    people[0].delete()
    assert [identity.user for identity in Identity.objects.all()] == [people[1]]


def test_a_rule_that_all_rows_obey_is_validated(people, needs_postgresql):
    with before_its_rules(Identity):
        Identity.objects.filter(user=people[0]).update(birthplace="Koné")
    with pytest.raises(SystemExit):
        call_command("check_rows")
    assert not_validated() == {"birthplace_is_a_code"}
    Identity.objects.update(birthplace="98811")
    call_command("check_rows")
    assert not_validated() == set()


def not_validated() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated")
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def before_the_migration(transactional_db):
    call_command("migrate", "accounts", "0008", verbosity=0)
    yield
    call_command("migrate", "accounts", verbosity=0)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_rows_that_break_a_rule_do_not_stop_its_migration(before_the_migration, people, capsys):
    """They stay as they are; the next one is refused."""
    Identity.objects.filter(user=people[0]).update(birthplace="Koné", level=7)
    before = list(Identity.objects.order_by("pk").values())
    call_command("migrate", "accounts", verbosity=0)
    assert list(Identity.objects.order_by("pk").values()) == before
    told = capsys.readouterr().out
    assert "accounts_identity birthplace_is_a_code: 1 rows" in told
    assert "accounts_identity level_is_known: 1 rows" in told
    assert "birthdate_is_a_date" not in told
    with pytest.raises(IntegrityError), transaction.atomic():
        Identity.objects.filter(user=people[1]).update(birthplace="Koné")
