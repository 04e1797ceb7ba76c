"""A new password by mail or by hand, as flows: who gets it, what it ends, and whose it is not."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail as outbox
from django.utils import timezone

from accounts import links
from accounts.flows import credentials, password_change, password_reset
from accounts.models import OneTimeLink, Session, TermsAcceptance, User
from ncconnect import ratelimit
from ncconnect.audit.models import Event
from ncconnect.ratelimit import LIMITS

pytestmark = pytest.mark.django_db

FORMER, NEW, OTHER = "Soleil2024", "Nouveau Lagon 7", "Autre Lagon 8"
RESET = OneTimeLink.Purpose.PASSWORD_RESET
FORMS = "activation_password"  # forms of a used link are counted with those of activation


@pytest.fixture
def moana() -> User:
    return User.objects.create_user("moana@exemple.nc", FORMER, activated_at=timezone.now())


@pytest.fixture
def tehani() -> User:
    """Somebody else, who has a link and keeps it."""
    return User.objects.create_user("tehani@exemple.nc", FORMER, activated_at=timezone.now())


def link_of(user: User) -> OneTimeLink:
    return links.issue(user=user, purpose=RESET, lifetime=timedelta(hours=1))


def events(name: str) -> list:
    return list(Event.objects.filter(event=name).values_list("user_id", flat=True))


class TestByMail:
    def test_the_link_gives_its_own_person_a_new_password_and_nobody_else(self, moana, tehani):
        link, hers = link_of(moana), link_of(tehani)
        password_reset.reset(link, password=NEW)
        moana.refresh_from_db()
        tehani.refresh_from_db()
        assert (moana.check_password(NEW), moana.check_password(FORMER)) == (True, False)
        assert (tehani.check_password(NEW), tehani.check_password(FORMER)) == (False, True)
        assert set(links.alive()) == {hers}
        assert events("password_reset") == [moana.pk]
        assert events("account_activated") == []
        assert not TermsAcceptance.objects.exists()

    def test_a_link_is_good_for_one_password(self, moana):
        link = link_of(moana)
        password_reset.reset(link, password=NEW)
        with pytest.raises(links.LinkUsed):
            password_reset.reset(link, password=OTHER)
        moana.refresh_from_db()
        assert moana.check_password(NEW)
        assert events("password_reset") == [moana.pk]

    @pytest.mark.parametrize(
        "step",
        [
            lambda link: password_reset.find(links.token(link)),
            lambda link: password_reset.reset(link, password=NEW),
        ],
        ids=["find", "reset"],
    )
    def test_a_suspended_person_gets_none(self, moana, tehani, step):
        link = link_of(moana)
        User.objects.filter(pk=moana.pk).update(is_active=False)
        with pytest.raises(links.LinkSuperseded) as caught:
            step(link)
        assert caught.value.link == link
        moana.refresh_from_db()
        assert moana.check_password(FORMER)
        assert OneTimeLink.objects.get(pk=link.pk).used_at is None
        assert password_reset.find(links.token(link_of(tehani))).user == tehani

    def test_a_link_of_another_purpose_gives_none(self, moana):
        other = links.issue(
            user=moana, purpose=OneTimeLink.Purpose.ACTIVATION, lifetime=timedelta(hours=1)
        )
        with pytest.raises(links.LinkBroken):
            password_reset.find(links.token(other))

    @pytest.mark.parametrize(
        ("said", "accepts"),
        [({"accepts_terms": True}, True), ({"accepts_terms": False}, False), ({}, False)],
        ids=["accepted", "not accepted", "not asked"],
    )
    def test_a_waiting_account_opens_when_its_owner_accepts_the_terms(self, moana, said, accepts):
        User.objects.filter(pk=moana.pk).update(activated_at=None)
        attempt = links.issue(
            user=moana,
            purpose=OneTimeLink.Purpose.ACTIVATION,
            lifetime=timedelta(hours=1),
            password=credentials.encoded(OTHER),
        )
        password_reset.reset(link_of(moana), password=NEW, **said)
        moana.refresh_from_db()
        assert moana.check_password(NEW)
        assert moana.is_activated is accepts
        assert TermsAcceptance.objects.filter(user=moana).exists() is accepts
        assert events("account_activated") == [moana.pk] * accepts
        assert not links.alive().filter(pk=attempt.pk).exists()
        assert (OneTimeLink.objects.get(pk=attempt.pk).password == "") is accepts

    def test_an_open_account_accepts_no_terms_a_second_time(self, moana):
        password_reset.reset(link_of(moana), password=NEW, accepts_terms=True)
        assert not TermsAcceptance.objects.exists()

    def test_failures_on_this_address_are_forgotten_and_no_other_s(self, moana, tehani):
        for user in (moana, tehani):
            ratelimit.hit("sign_in_account", user.email)
        password_reset.reset(link_of(moana), password=NEW)
        assert ratelimit.peek("sign_in_account", moana.email).count == 0
        assert ratelimit.peek("sign_in_account", tehani.email).count == 1


class TestSentTwice:
    @pytest.fixture
    def used(self, moana) -> OneTimeLink:
        link = link_of(moana)
        password_reset.reset(link, password=NEW)
        return OneTimeLink.objects.get(pk=link.pk)

    def test_the_form_that_used_the_link_up_is_known_again(self, used):
        assert password_reset.is_repeat(used, NEW)
        assert not password_reset.is_repeat(used, OTHER)

    def test_for_ten_minutes(self, used):
        end = used.used_at + timedelta(minutes=10)
        with time_machine.travel(end - timedelta(seconds=1), tick=False):
            assert password_reset.is_repeat(used, NEW)
        for late in (timedelta(0), timedelta(seconds=1)):
            with time_machine.travel(end + late, tick=False):
                assert not password_reset.is_repeat(used, NEW)

    def test_of_a_link_that_was_not_used_there_is_none(self, moana):
        assert not password_reset.is_repeat(link_of(moana), FORMER)

    def test_nobody_tries_passwords_by_a_used_link(self, used):
        for _ in range(LIMITS[FORMS].number):
            assert not password_reset.is_repeat(used, OTHER)
        assert not password_reset.is_repeat(used, NEW)


class TestByHand:
    def changes(self, user: User, current: str = FORMER, password: str = NEW) -> User:
        return password_change.change(user, current=current, password=password, session=None)

    def test_the_right_one_gives_this_person_a_new_password_and_nobody_else(self, moana, tehani):
        link, hers = link_of(moana), link_of(tehani)
        changed = self.changes(moana)
        tehani.refresh_from_db()
        assert changed.pk == moana.pk
        assert (changed.check_password(NEW), tehani.check_password(FORMER)) == (True, True)
        assert set(links.alive()) == {hers}
        assert link not in links.alive()
        assert events("password_changed") == [moana.pk]

    def test_a_wrong_one_changes_nothing_and_is_written_down(self, moana):
        User.objects.filter(pk=moana.pk).update(
            password_changed_at=timezone.now() - timedelta(days=1)
        )
        moana.refresh_from_db()
        with pytest.raises(password_change.WrongPassword):
            self.changes(moana, current=OTHER, password=FORMER)
        moana.refresh_from_db()
        assert moana.check_password(FORMER)
        assert events("password_change_refused") == [moana.pk]
        assert ratelimit.peek("current_password", moana.pk).count == 1

    def test_a_right_one_forgets_this_person_s_failures_alone(self, moana, tehani):
        for user in (moana, tehani):
            ratelimit.hit("current_password", user.pk)
        self.changes(moana)
        assert ratelimit.peek("current_password", moana.pk).count == 0
        assert ratelimit.peek("current_password", tehani.pk).count == 1

    def test_beyond_the_limit_the_right_one_waits_for_this_person_alone(self, moana, tehani):
        for _ in range(LIMITS["current_password"].number):
            with pytest.raises(password_change.WrongPassword):
                self.changes(moana, current=OTHER)
        with pytest.raises(password_change.TooManyTries) as caught:
            self.changes(moana)
        assert caught.value.retry_after > 0
        assert self.changes(tehani).check_password(NEW)

    def test_the_form_sent_twice_is_known_for_ten_minutes(self, moana):
        """The password that it asks for is in force, and the current one is the former one."""
        changed = self.changes(moana)
        end = changed.password_changed_at + timedelta(minutes=10)
        with time_machine.travel(end - timedelta(seconds=1), tick=False):
            with pytest.raises(password_change.ChangedAlready):
                self.changes(changed)
            with pytest.raises(password_change.WrongPassword):
                self.changes(changed, password=OTHER)
        for late in (timedelta(0), timedelta(seconds=1)):
            with (
                time_machine.travel(end + late, tick=False),
                pytest.raises(password_change.WrongPassword),
            ):
                self.changes(changed)
        assert events("password_changed") == [moana.pk]

    @pytest.mark.parametrize(
        "meanwhile",
        [{"is_active": False}, {"password_changed_at": timezone.now() + timedelta(days=400)}],
        ids=["suspended", "another password"],
    )
    def test_what_happened_since_the_page_was_shown_has_the_last_word(self, moana, meanwhile):
        User.objects.filter(pk=moana.pk).update(**meanwhile)
        with pytest.raises(password_change.ChangedMeanwhile):
            self.changes(moana)
        assert not events("password_changed")
        assert not outbox.outbox
        moana.refresh_from_db()
        assert moana.check_password(FORMER)


def test_every_session_but_the_one_to_keep_ends_and_those_of_others_stay(end_user, stranger):
    """Sessions are made by signing in: this person's on two devices, and somebody else's."""
    from tests.actors import EndUser
    from tests.strict_client import StrictClient

    user = end_user.has_an_account()
    elsewhere = EndUser(StrictClient(REMOTE_ADDR="198.51.100.7"), end_user.email, end_user.password)
    stranger.has_an_account()
    end_user.signs_in()
    kept = Session.objects.get(user=user)
    elsewhere.signs_in()
    stranger.signs_in()
    password_change.change(user, current=end_user.password, password=NEW, session=kept)
    assert list(Session.objects.filter(user=user)) == [kept]
    assert Session.objects.exclude(user=user).count() == 1
