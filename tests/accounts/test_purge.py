"""What the purge takes, and what it leaves to whoever came in between."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import links, purge
from accounts.models import OneTimeLink, User
from ncconnect import audit
from ncconnect import purge as purges
from ncconnect.audit.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def forgotten() -> User:
    """An account that nobody opened in time."""
    long_ago = timezone.now() - settings.UNACTIVATED_ACCOUNT_TIME - timedelta(days=1)
    return User.objects.create_user("moana@exemple.nc", created_at=long_ago)


@contextmanager
def once_keys_are_read(action):
    """Do it after the first statement that reads, before the next one."""
    waiting = [action]

    def between(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT") and waiting:
            waiting.pop()()
        return result

    with connection.execute_wrapper(between):
        yield


def test_an_account_that_nobody_opened_goes_and_the_trail_tells_whose(forgotten):
    assert purge.unactivated_accounts() == 1
    event = Event.objects.get(event="account_purged")
    assert event.user_id == forgotten.pk
    assert event.facts == {"address": audit.email_digest("moana@exemple.nc")}


def test_who_signs_up_between_the_reading_and_the_deletion_keeps_their_account(forgotten):
    def signs_up():
        purpose = OneTimeLink.Purpose.ACTIVATION
        links.issue(user=forgotten, purpose=purpose, lifetime=timedelta(hours=1))

    with once_keys_are_read(signs_up):
        assert purge.unactivated_accounts() == 0
    assert OneTimeLink.objects.get().user == forgotten
    assert not Event.objects.filter(event="account_purged").exists()


def test_a_row_whose_end_was_moved_once_its_key_was_read_stays(forgotten):
    purpose = OneTimeLink.Purpose.PASSWORD_RESET
    links.issue(user=forgotten, purpose=purpose, lifetime=timedelta(seconds=-1))
    now = timezone.now()

    def moves():
        OneTimeLink.objects.update(expires_at=now + timedelta(hours=1))

    with once_keys_are_read(moves):
        assert purges.delete_batch(OneTimeLink.objects.filter(expires_at__lt=now)) == 0
    assert OneTimeLink.objects.exists()
