"""Sessions in the database: Django's store, over our own model.

The cookie's value is not in the table: a row is found by the SHA-256 of it, so a read copy of the
database signs nobody in. A session ends after SESSION_IDLE_TIME without a request, and after
SESSION_ABSOLUTE_TIME in any case; both are columns, checked here, whatever the cookie says.
"""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import DatabaseError, IntegrityError, router, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.functional import classproperty

# Activity is written down at most this often: a page view should not cost a write.
TOUCH_INTERVAL = timedelta(minutes=1)


def digest(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()


class SessionStore(DatabaseSessionStore):
    """``record`` is the Session row of this browser once it is loaded or saved, else None."""

    def __init__(self, session_key=None):
        super().__init__(session_key)
        self._record = None
        self._facts = {}

    @classproperty
    def model(cls):  # noqa: N805
        from accounts.models import Session

        return Session

    @property
    def record(self):
        self._get_session()
        return self._record

    def _get_session_from_db(self):
        now = timezone.now()
        self._record = (
            self.model.objects.select_related("user")
            .filter(session_key=digest(self.session_key), expire_date__gt=now, ends_at__gt=now)
            .first()
        )
        if self._record is None:
            self._session_key = None
        elif now - self._record.seen_at > TOUCH_INTERVAL:
            self._touch(now)
        return self._record

    def _touch(self, now) -> None:
        record = self._record
        record.seen_at = now
        record.expire_date = min(now + settings.SESSION_IDLE_TIME, record.ends_at)
        self.model.objects.filter(pk=record.pk).update(
            seen_at=record.seen_at, expire_date=record.expire_date
        )

    def describe(self, **facts) -> None:
        """Columns to write with the next save: who signed in here, when, how, on what."""
        self._facts.update(facts)
        self.modified = True

    def _get_new_session_key(self) -> str:
        """165 random bits: no need to ask whether they are taken; the constraint would tell."""
        return get_random_string(32, VALID_KEY_CHARS)

    def cycle_key(self) -> None:
        """A new cookie for the same session: its row keeps its identity, and so does its sid."""
        if self.record is None:
            return super().cycle_key()
        self._session_key = self._get_new_session_key()
        self.save()
        self.modified = True
        return None

    def exists(self, session_key) -> bool:
        return self.model.objects.filter(session_key=digest(session_key)).exists()

    def create(self) -> None:
        self._record = None
        super().create()

    def create_model_instance(self, data):
        now = timezone.now()
        record = self._record or self.model(ends_at=now + settings.SESSION_ABSOLUTE_TIME)
        record.session_key = digest(self._get_or_create_session_key())
        record.session_data = self.encode(data)
        record.seen_at = now
        record.expire_date = min(now + settings.SESSION_IDLE_TIME, record.ends_at)
        record.user_id = data.get(SESSION_KEY)
        for name, value in self._facts.items():
            setattr(record, name, value)
        return record

    def save(self, must_create=False) -> None:
        """Raises CreateError when the key is taken, UpdateError when the session has ended."""
        if self.session_key is None:
            return self.create()
        data = self._get_session(no_load=must_create)
        record = self.create_model_instance(data)
        using = router.db_for_write(self.model, instance=record)
        new = must_create or self._record is None
        try:
            with transaction.atomic(using=using):
                record.save(force_insert=new, force_update=not new, using=using)
        except IntegrityError:
            if new:
                raise CreateError from None
            raise
        except DatabaseError:
            if not new:
                raise UpdateError from None
            raise
        self._record = record
        return None

    def delete(self, session_key=None) -> None:
        session_key = session_key or self.session_key
        if session_key is None:
            return
        self.model.objects.filter(session_key=digest(session_key)).delete()
        if session_key == self.session_key:
            self._record = None
