"""Sessions in the database: Django's store, over our own model.

The cookie names the row and carries a secret whose SHA-256 the row keeps (ncconnect.handles): a
read copy of the database signs nobody in. A session ends after SESSION_IDLE_TIME without a request,
and after SESSION_ABSOLUTE_TIME in any case; both are columns, checked here, whatever the cookie
says.
"""

import json
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.flows import sessions
from accounts.models import PersonChanged, Session, User
from ncconnect import handles, rows
from ncconnect.handles import Handle

# Activity is written down at most this often: a page view should not cost a write.
TOUCH_INTERVAL = timedelta(minutes=1)
# What the columns or the settings say already is not written a second time.
IN_COLUMNS = (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY)


LOAD = f"""
SELECT {rows.columns(Session, "held")}, {rows.columns(User, "person")}
FROM accounts_session AS held LEFT JOIN accounts_user AS person ON person.id = held.user_id
WHERE held.id = %s AND held.session_key = %s AND held.expire_date > %s AND held.ends_at > %s
"""  # noqa: S608  (column names of our own)


def _alive(cookie: str, now: datetime) -> Session | None:
    """The session of this cookie, with its person, in one statement; None when it is over."""
    handle = Handle.read(cookie)
    if handle is None:
        return None
    moment = rows.value(Session, "ends_at", now)
    key = rows.value(Session, "id", handle.id)
    found = rows.first(LOAD, [key, handle.digest, moment, moment])
    if found is None:
        return None
    width = rows.width(Session)
    session = rows.built(Session, found[:width])
    session.user = rows.built(User, found[width:]) if session.user_id else None
    return session


class SessionStore(DatabaseSessionStore):
    """``record`` is the Session row of this browser once it is loaded or saved, else None."""

    model = Session

    def __init__(self, session_key=None):
        super().__init__(session_key)
        self._record = None
        self._facts = {}
        self._opened_by: User | None = None
        self._alone = False

    @property
    def record(self):
        self._get_session()
        return self._record

    def load(self) -> dict:
        record = self._get_session_from_db()
        if record is None:
            return {}
        data = self.decode(record.session_data)
        if record.user_id:
            data[SESSION_KEY] = str(record.user_id)
            data[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            data[HASH_SESSION_KEY] = bytes(record.credentials).hex()
        return data

    def encode(self, session_dict: dict) -> str:
        """Plain JSON: who can write into this table needs no signature of ours."""
        kept = {name: value for name, value in session_dict.items() if name not in IN_COLUMNS}
        return json.dumps(kept, separators=(",", ":"), sort_keys=True) if kept else ""

    def decode(self, session_data: str) -> dict:
        return json.loads(session_data) if session_data else {}

    def _get_session_from_db(self):
        now = timezone.now()
        self._record = _alive(self.session_key, now)
        if self._record is None:
            self._session_key = None
        elif now - self._record.seen_at > TOUCH_INTERVAL:
            self._touch(now)
        return self._record

    def _touch(self, now) -> None:
        record = self._record
        record.seen_at = now
        record.expire_date = min(now + record.idle_time, record.ends_at)
        self.model.objects.filter(pk=record.pk).update(
            seen_at=record.seen_at, expire_date=record.expire_date
        )

    def describe(self, **facts) -> None:
        """Columns to write with the next save: who signed in here, when, how, on what."""
        self._facts.update(facts)
        self.modified = True

    def open_for(self, user: User, *, alone: bool = False) -> None:
        """The next save is the sign-in of this person, whose password was right when last read.

        ``alone``: no other sign-in of theirs goes on before the transaction ends.
        """
        self._opened_by, self._alone = user, alone
        self.modified = True

    def _get_new_session_key(self) -> str:
        """Of the row that there is, or of a new one; its key tells whether it is taken."""
        return handles.new(self._record.pk if self._record else handles.new_key())[0]

    def cycle_key(self) -> None:
        """A new cookie for the same session: its row keeps its identity, and so does its sid.

        It is written with the rest, once, at the latest when the answer leaves.
        """
        self._session_key = self._get_new_session_key() if self.record else None
        self.modified = True

    def exists(self, session_key) -> bool:
        return self.model.objects.of_cookie(session_key).exists()

    def create(self) -> None:
        self._record = None
        super().create()

    def create_model_instance(self, data):
        now = timezone.now()
        handle = Handle.read(self._get_or_create_session_key())
        record = self._record or self.model(
            pk=handle.id, ends_at=now + settings.SESSION_ABSOLUTE_TIME
        )
        record.session_key = handle.digest
        record.credentials = bytes.fromhex(data.get(HASH_SESSION_KEY, ""))
        record.session_data = self.encode(data)
        record.seen_at = now
        record.user_id = data.get(SESSION_KEY)
        for name, value in self._facts.items():
            setattr(record, name, value)
        record.expire_date = min(now + record.idle_time, record.ends_at)
        return record

    def save(self, must_create=False) -> None:
        """Raises CreateError when the key is taken, UpdateError when the session has ended.

        PersonChanged when it is a sign-in whose person was suspended meanwhile, or has another
        password: whoever does that waits for a session that comes before, and ends it.
        """
        if self.session_key is None:
            return self.create()
        data = self._get_session(no_load=must_create)
        if not must_create and self._is_written(data):
            return None
        record = self.create_model_instance(data)
        if must_create or self._record is None:
            self._insert(record)
        else:
            self._update(record)
        self._record = record
        self._facts, self._opened_by = {}, None
        return None

    def _insert(self, record: Session) -> None:
        provided = None
        if self._opened_by:
            provided = User.objects.unchanged(self._opened_by, alone=self._alone)
        if not rows.insert(record, unless_taken=True, provided=provided):
            raise PersonChanged if provided else CreateError

    def _update(self, record: Session) -> None:
        if self._opened_by:
            User.objects.keep(self._opened_by, alone=self._alone)
        try:
            with transaction.atomic():
                record.save(force_update=True)
        except DatabaseError:
            raise UpdateError from None

    def _is_written(self, data: dict) -> bool:
        """Would a save change nothing? Whoever saves early saves the end of the request a write."""
        record = self._record
        return (
            record is not None
            and not self._facts
            and not self._opened_by
            and Handle.read(self.session_key) == Handle(record.pk, bytes(record.session_key))
            and bytes(record.credentials).hex() == data.get(HASH_SESSION_KEY, "")
            and record.session_data == self.encode(data)
            and str(record.user_id or "") == data.get(SESSION_KEY, "")
        )

    def delete(self, session_key=None) -> None:
        """End it as every session ends: partners are told, whoever asked for it.

        Of this browser's session the row goes, whatever cookie it was about to get: Django gives a
        new cookie before it finds that the session must go, and a row left behind would be a
        session that nobody can end.
        """
        if session_key in (None, self.session_key):
            ended = Session.objects.filter(pk=self._record.pk) if self._record else None
            self._record = None
        else:
            ended = Session.objects.of_cookie(session_key)
        if ended is not None:
            sessions.end(ended, reason="given_up")

    def flush(self) -> None:
        super().flush()
        self._facts, self._opened_by = {}, None
