"""The store of sessions: which cookie opens which row, until when, and what is written."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.utils import timezone

from accounts.models import PersonChanged, Session, User
from accounts.sessions import TOUCH_INTERVAL, SessionStore
from accounts.signals import sessions_ending

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(timezone.now(), tick=False)


def signed_in(email: str) -> SessionStore:
    user = User.objects.create_user(email, "Soleil2024", activated_at=timezone.now())
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.describe(browser="Firefox", system="Linux", methods="pwd")
    store.save()
    return store


@pytest.fixture
def hers() -> SessionStore:
    return signed_in("moana@exemple.nc")


@pytest.fixture
def his() -> SessionStore:
    """Of somebody else, in another browser; his session goes on whatever hers does."""
    return signed_in("teva@exemple.nc")


def again(store: SessionStore) -> SessionStore:
    """The next request with this cookie."""
    return SessionStore(store.session_key)


def row(store: SessionStore) -> dict:
    return Session.objects.values().get(pk=store.record.pk)


class TestWhoseItIs:
    def test_the_cookie_opens_its_own_session(self, hers, his):
        found = again(hers)
        assert found[SESSION_KEY] == hers[SESSION_KEY] != his[SESSION_KEY]
        assert found[HASH_SESSION_KEY] == hers[HASH_SESSION_KEY]
        assert found[BACKEND_SESSION_KEY]
        assert found.record.user.email == "moana@exemple.nc"
        assert (found.record.device_facts, found.record.methods) == ("Firefox|Linux", "pwd")

    def test_the_name_of_a_row_opens_nothing_without_its_secret(self, hers, his):
        former = hers.session_key
        hers.cycle_key()
        hers.save()
        assert SessionStore(former).load() == {}
        assert SessionStore(former).record is None
        assert again(hers).record.pk == hers.record.pk
        assert again(his).record.pk == his.record.pk

    def test_what_was_never_a_cookie_of_ours_opens_nothing_and_is_not_kept(self, hers):
        for text in ("rien", "r" * 40, hers.session_key[:-1]):
            store = SessionStore(text)
            assert store.record is None
            assert store.session_key is None

    def test_a_session_without_a_person_says_nobody(self):
        store = SessionStore()
        store["panier"] = 1
        store.save()
        found = again(store)
        assert found.load() == {"panier": 1}
        assert found.record.user is None


class TestItsEnd:
    def test_it_begins_with_both_ends(self, hers, settings):
        assert row(hers)["expire_date"] == timezone.now() + settings.SESSION_IDLE_TIME
        assert row(hers)["ends_at"] == timezone.now() + settings.SESSION_ABSOLUTE_TIME

    @pytest.mark.parametrize("column", ["expire_date", "ends_at"])
    @pytest.mark.parametrize(("left", "alive"), [(SECOND, True), (0 * SECOND, False)])
    def test_each_end_alone_ends_it_at_its_moment(self, hers, his, column, left, alive):
        Session.objects.filter(pk=hers.record.pk).update(**{column: timezone.now() + left})
        assert (SESSION_KEY in again(hers)) is alive
        assert (again(hers).record is not None) is alive
        assert SESSION_KEY in again(his)

    def test_a_visit_is_written_down_once_a_minute_and_moves_the_idle_end(
        self, hers, his, time_machine, settings
    ):
        before, of_his = row(hers), row(his)
        for _ in range(2):
            time_machine.shift(30 * SECOND)
            again(hers).load()
            assert row(hers) == before
        time_machine.shift(SECOND)
        again(hers).load()
        now = timezone.now()
        assert row(hers)["seen_at"] == now
        assert row(hers)["expire_date"] == now + settings.SESSION_IDLE_TIME
        assert row(hers)["ends_at"] == before["ends_at"]
        assert row(his) == of_his

    def test_no_visit_moves_it_beyond_the_absolute_end(self, hers, time_machine):
        end = timezone.now() + 3 * TOUCH_INTERVAL
        Session.objects.filter(pk=hers.record.pk).update(ends_at=end)
        time_machine.shift(2 * TOUCH_INTERVAL)
        again(hers).load()
        assert row(hers)["expire_date"] == end

    def test_saving_moves_the_idle_end_and_never_the_absolute_one(
        self, hers, time_machine, settings
    ):
        end = timezone.now() + settings.SESSION_IDLE_TIME
        Session.objects.filter(pk=hers.record.pk).update(ends_at=end)
        time_machine.shift(SECOND)
        found = again(hers)
        found["page"] = 2
        found.save()
        assert row(hers)["ends_at"] == row(hers)["expire_date"] == end
        assert row(hers)["seen_at"] == timezone.now()


class TestWriting:
    def test_what_the_columns_say_is_not_written_a_second_time(self, hers):
        hers["page"] = 2
        hers.save()
        assert row(hers)["session_data"] == '{"page":2}'
        assert again(hers)["page"] == 2

    def test_who_changes_nothing_writes_nothing(self, hers, django_assert_num_queries):
        found = again(hers)
        found.load()
        with django_assert_num_queries(0):
            hers.save()

    def test_nor_does_who_says_the_same_in_another_order(self, hers, django_assert_num_queries):
        hers["page"], hers["langue"] = 1, "fr"
        hers.save()
        hers["page"] = hers.pop("page")
        with django_assert_num_queries(0):
            hers.save()

    @pytest.mark.parametrize(
        "say",
        [
            lambda store: store.describe(acr="eidas1"),
            lambda store: store.open_for(store.record.user),
            lambda store: store.cycle_key(),
        ],
        ids=["facts", "sign-in", "cookie"],
    )
    def test_the_end_of_the_request_writes_what_was_said_of_the_session(self, hers, say):
        """Django writes what was modified, and nothing else."""
        found = again(hers)
        found.load()
        assert not found.modified
        say(found)
        assert found.modified

    @pytest.mark.parametrize(
        "change",
        [
            lambda store: store.__setitem__("page", 3),
            lambda store: store.describe(acr="eidas1"),
            lambda store: store.cycle_key(),
            lambda store: store.__setitem__(HASH_SESSION_KEY, "00" * 16),
            lambda store: store.__setitem__(HASH_SESSION_KEY, "ff" * 16),
            lambda store: store.__setitem__(SESSION_KEY, None),
        ],
        ids=["data", "facts", "cookie", "password", "another password", "nobody"],
    )
    def test_each_change_alone_is_written_and_no_other_session_with_it(self, hers, his, change):
        before, of_his = row(hers), row(his)
        change(hers)
        hers.save()
        assert row(hers) != before
        assert row(hers)["id"] == before["id"]
        assert row(his) == of_his

    @pytest.mark.parametrize("key", [UUID(int=0), UUID(int=2**128 - 1)], ids=["least", "greatest"])
    def test_another_person_in_it_is_written(self, hers, his, key):
        User.objects.create(pk=key, email="tehani@exemple.nc")
        of_his = row(his)
        hers[SESSION_KEY] = str(key)
        hers.save()
        assert row(hers)["user_id"] == key
        assert row(his) == of_his

    def test_the_last_word_is_written_whatever_it_follows(self, hers):
        for page in (2, 3, 1):
            hers["page"] = page
            hers.save()
            assert again(hers)["page"] == page
        del hers["page"]
        hers.save()
        assert row(hers)["session_data"] == ""

    def test_what_was_said_of_one_sign_in_is_not_said_of_the_next(self, hers):
        hers.save()
        Session.objects.filter(pk=hers.record.pk).update(browser="autre")
        found = again(hers)
        found["page"] = 2
        found.save()
        assert row(hers)["browser"] == "autre"

    def test_a_session_that_ended_meanwhile_does_not_come_back(self, hers, his):
        found = again(hers)
        found.load()
        Session.objects.filter(pk=found.record.pk).delete()
        found["page"] = 2
        with pytest.raises(UpdateError):
            found.save()
        assert list(Session.objects.all()) == [his.record]

    def test_who_comes_with_the_cookie_of_a_session_that_is_gone_gets_another(self, hers, his):
        Session.objects.filter(pk=hers.record.pk).delete()
        store = again(hers)
        store.describe(acr="eidas1")
        store.save()
        assert store.session_key != hers.session_key
        assert row(store)["acr"] == "eidas1"
        assert set(Session.objects.all()) == {store.record, his.record}

    def test_a_key_that_is_taken_is_no_new_session(self, hers):
        double = SessionStore(hers.session_key)
        double._session_cache = {"page": 2}
        with pytest.raises(CreateError):
            double.save(must_create=True)
        assert row(hers)["session_data"] == ""

    @pytest.mark.parametrize("is_new", [True, False])
    @pytest.mark.parametrize(
        "meanwhile",
        [{"is_active": False}, {"password_changed_at": timezone.now() + timedelta(days=400)}],
        ids=["suspended", "another password"],
    )
    def test_nobody_signs_in_with_what_was_true_before_the_hash(self, hers, is_new, meanwhile):
        user = hers.record.user or User.objects.get(email="moana@exemple.nc")
        User.objects.filter(pk=user.pk).update(**meanwhile)
        before = list(Session.objects.values())
        store = SessionStore() if is_new else again(hers)
        store[SESSION_KEY] = str(user.pk)
        store["page"] = 2
        store.open_for(user)
        with pytest.raises(PersonChanged):
            store.save()
        assert list(Session.objects.values()) == before


class TestEnding:
    @pytest.fixture
    def ended(self):
        told = []
        sessions_ending.connect(
            lambda sessions, **_: told.extend(each.pk for each in sessions),
            weak=False,
            dispatch_uid="t",
        )
        yield told
        sessions_ending.disconnect(dispatch_uid="t")

    def test_its_own_session_ends_whatever_cookie_it_was_about_to_get(self, hers, his, ended):
        found, key = again(hers), hers.record.pk
        found.cycle_key()
        found.flush()
        assert list(Session.objects.all()) == [his.record]
        assert ended == [key]
        assert found.record is None

    def test_ending_another_cookie_s_ends_that_one_and_not_its_own(self, hers, his, ended):
        key = his.record.pk
        found = again(hers)
        found.load()
        found.delete(his.session_key)
        assert list(Session.objects.all()) == [hers.record]
        assert ended == [key]

    def test_where_nobody_is_signed_in_nothing_ends(self, hers, ended):
        SessionStore().delete()
        SessionStore().flush()
        assert list(Session.objects.all()) == [hers.record]
        assert ended == []

    def test_what_was_said_before_a_flush_is_not_written_after_it(self, hers):
        hers.describe(acr="eidas1")
        hers.flush()
        hers["page"] = 1
        hers.save()
        assert row(hers)["acr"] == ""
