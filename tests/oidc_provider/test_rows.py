"""Statements written by hand give the models that the ORM would have read."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Details, Identity, Session, User
from ncconnect import rows
from ncconnect.audit.models import Event
from oidc_provider.models import Grant

pytestmark = pytest.mark.django_db


def read(model, only=()):
    return rows.built(
        model,
        rows.first(f"SELECT {rows.columns(model, '', only)} FROM {model._meta.db_table}", []),
        only,
    )


@pytest.mark.parametrize("model", [User, Session, Grant])
def test_each_column_has_the_value_that_the_orm_gives(partner, signed_in, model):
    partner.code(signed_in)
    ours, theirs = read(model), model.objects.get()
    for field in model._meta.concrete_fields:
        mine, other = (getattr(row, field.attname) for row in (ours, theirs))
        if isinstance(mine, memoryview):
            mine, other = bytes(mine), bytes(other)
        assert (type(mine), mine) == (type(other), other), field.name
    assert not ours._state.adding


def test_what_was_not_asked_for_is_deferred(signed_in):
    Identity.objects.create(user=signed_in.account, given_names=["Moana", "Élise"], level=1)
    identity = read(Identity, ("user", "given_names"))
    assert identity.given_names == ["Moana", "Élise"]
    assert "level" in identity.get_deferred_fields()


def test_a_column_that_is_no_field():
    with pytest.raises(LookupError):
        rows.columns(User, "", ("email", "invention"))


def test_a_row_that_is_written_is_read_by_the_orm():
    rows.insert(Event(event="sign_in", facts={"é": [1]}, network="10.0.0.1"))
    event = Event.objects.get()
    assert (event.event, event.facts, event.user_id) == ("sign_in", {"é": [1]}, None)
    assert event.pk


def test_a_row_whose_key_is_taken(signed_in):
    taken = Session.objects.get()
    again = Session(pk=taken.pk, ends_at=taken.ends_at, expire_date=taken.ends_at)
    assert not rows.insert(again, unless_taken=True)
    assert again._state.adding
    assert Session.objects.get().user == signed_in.account
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert(again)


def test_who_has_no_row_is_read_as_one_that_nobody_filled_in():
    blank = rows.blank(Details)
    assert vars(blank).keys() == vars(Details()).keys()
    assert all(getattr(blank, f.attname) == f.get_default() for f in Details._meta.concrete_fields)
    blank.nickname = "Moana"
    assert rows.blank(Details).nickname == ""
    assert blank._state.adding


def test_a_row_that_tells_of_a_statement_is_written_with_it_or_not_at_all(signed_in):
    written = "UPDATE accounts_session SET network = %s WHERE network <> %s"
    for network, done in (("10.0.0.9", True), ("10.0.0.9", False)):
        event = Event(event="sign_in", facts={"é": [1]}, user_id=signed_in.account.pk)
        assert rows.insert_after(written, [network, network], event) is done
        assert event._state.adding is not done
    assert Session.objects.get().network == "10.0.0.9"
    assert Event.objects.filter(facts={"é": [1]}, user_id=signed_in.account.pk).count() == 1


def test_neither_is_there_when_the_row_cannot_be_written(signed_in):
    before = Session.objects.get().network
    event = Event(event="sign_in", facts={}, at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert_after("UPDATE accounts_session SET network = %s", ["10.0.0.9"], event)
    assert Session.objects.get().network == before
