"""What follows a committed transaction may fail: nobody's page fails with it."""

import uuid

import pytest
from django.db import transaction

from ncconnect import audit, mail
from ncconnect.commits import after_commit
from oidc_provider.grants.visits import Visited
from oidc_provider.logout import notices
from oidc_provider.models import RelyingParty as Model
from tests.relying_party import RelyingParty

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing(monkeypatch):
    """Replaces this function by one that notes what it is called for, and fails."""

    def replace(module, name: str) -> list:
        called = []

        def fails(thing, *_) -> None:
            called.append(thing)
            raise OSError

        monkeypatch.setattr(module, name, fails)
        return called

    return replace


def test_the_others_follow_and_what_failed_is_logged(django_capture_on_commit_callbacks, caplog):
    done = []
    with django_capture_on_commit_callbacks(execute=True):
        for act in (lambda: done.append(1), lambda: done[7], lambda: done.append(2)):
            after_commit(act)
        assert done == []
    assert done == [1, 2]
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.django_db(transaction=True)
def test_it_follows_the_commit_and_no_rollback():
    done = []
    with transaction.atomic():
        after_commit(done.append, "kept")
        assert done == []
    with transaction.atomic():
        after_commit(done.append, "lost")
        transaction.set_rollback(True)
    after_commit(done.index, "nothing to commit")  # which fails
    assert done == ["kept"]


def test_a_line_of_the_trail_that_cannot_be_told(failing, django_capture_on_commit_callbacks):
    """The disk is full: the row is there, and the person is signed in."""
    told = failing(audit, "_tell")
    with django_capture_on_commit_callbacks(execute=True):
        audit.record("sign_in", user=uuid.uuid4())
        audit.record("sign_out", user=uuid.uuid4())
    assert [row.event for row in told] == ["sign_in", "sign_out"]


def test_a_worker_that_cannot_be_woken_for_a_mail(failing, django_capture_on_commit_callbacks):
    woken = failing(mail, "wake")
    with django_capture_on_commit_callbacks(execute=True):
        for address in ("moana@exemple.nc", "teva@exemple.nc"):
            mail.send("password_reset", to=address, context={}, language="fr")
    assert len(woken) == 2


def test_a_worker_that_cannot_be_woken_for_a_sign_out(failing, django_capture_on_commit_callbacks):
    RelyingParty.registered(backchannel_logout_uri="https://impots.example.nc/fin")
    partner = Model.objects.get()
    woken = failing(notices, "wake")
    visits = [
        Visited(partner.pk, "impots.nc", partner.backchannel_logout_uri, sub, "sid")
        for sub in ("hers", "his")
    ]
    with django_capture_on_commit_callbacks(execute=True):
        notices.write(visits)
    assert len(woken) == 2
