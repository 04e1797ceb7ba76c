"""What a password opens, and who has the last word about it."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts import links
from accounts.flows import credentials, password_change, password_reset
from accounts.models import OneTimeLink, Session, User
from accounts.signals import sessions_ending
from ncconnect.ratelimit import LIMITS, Limit
from tests.actors import EndUser, link_of
from tests.page_forms import form_of
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

CHOSEN, STOLEN = "Nouveau Lagon 7", "Mot Du Voleur 8"


@pytest.fixture
def account(end_user) -> User:
    return end_user.has_an_account()


@pytest.fixture
def meanwhile(monkeypatch):
    """Do something while a password is being hashed, as a slow machine would have it."""

    def arrange(action):
        encode = credentials.encoded

        def slow(password):
            monkeypatch.setattr(credentials, "encoded", encode)
            action()
            return encode(password)

        monkeypatch.setattr(credentials, "encoded", slow)

    return arrange


def reset_link(user: User) -> OneTimeLink:
    return links.issue(
        user=user, purpose=OneTimeLink.Purpose.PASSWORD_RESET, lifetime=timedelta(hours=1)
    )


def test_a_change_in_flight_does_not_undo_the_owner_s_reset(end_user, account, meanwhile):
    """A thief in an open session is about to change the password; the owner resets it first."""
    link = reset_link(account)
    meanwhile(lambda: password_reset.reset(link, password=CHOSEN))
    with pytest.raises(password_change.ChangedMeanwhile):
        password_change.change(account, current=end_user.password, password=STOLEN, session=None)
    account.refresh_from_db()
    assert account.check_password(CHOSEN)
    assert not account.check_password(STOLEN)


def test_a_change_in_flight_does_not_survive_a_suspension(end_user, account, meanwhile):
    meanwhile(lambda: User.objects.update(is_active=False))
    with pytest.raises(password_change.ChangedMeanwhile):
        password_change.change(account, current=end_user.password, password=STOLEN, session=None)


def test_the_page_tells_whose_password_was_changed_meanwhile(end_user, account, meanwhile):
    end_user.signs_in()
    end_user.opens("/mon-compte/mot-de-passe/")
    link = reset_link(account)
    meanwhile(lambda: password_reset.reset(link, password=CHOSEN))
    page = end_user.sends(current=end_user.password, password1=STOLEN, password2=STOLEN)
    assert page.request["PATH_INFO"] == "/connexion/"
    assert "vient d’être changé autrement" in page.content.decode()


def test_a_reset_in_flight_does_not_open_a_suspended_account(account, meanwhile):
    link = reset_link(account)
    meanwhile(lambda: User.objects.update(is_active=False))
    with pytest.raises(links.LinkSuperseded):
        password_reset.reset(link, password=CHOSEN)
    account.refresh_from_db()
    assert not account.check_password(CHOSEN)
    assert OneTimeLink.objects.get().used_at is None


class TestStrongerHashes:
    """An operator raises PASSWORD_HASH_MEMORY."""

    @pytest.fixture
    def raised(self, settings):
        settings.PASSWORD_HASH_MEMORY = 16

    def test_nobody_is_signed_out_by_signing_in_elsewhere(self, end_user, account, request):
        end_user.signs_in()
        request.getfixturevalue("raised")
        before = account.password
        EndUser(StrictClient()).signs_in()
        account.refresh_from_db()
        assert account.password != before
        assert end_user.opens("/mon-compte/").request["PATH_INFO"] == "/mon-compte/"

    def test_a_reset_meanwhile_is_not_undone_by_the_hash_made_anew(self, end_user, account, raised):
        read_earlier = User.objects.get()
        password_reset.reset(reset_link(account), password=CHOSEN)
        assert read_earlier.check_password(end_user.password)
        account.refresh_from_db()
        assert account.check_password(CHOSEN)

    def test_the_date_of_the_password_stays(self, end_user, account, raised):
        before = account.password_changed_at
        end_user.signs_in()
        account.refresh_from_db()
        assert account.password_changed_at == before


class TestEnding:
    @pytest.fixture
    def told(self):
        """The sessions whose end was told to upper floors."""
        told = []
        sessions_ending.connect(
            lambda sessions, **_: told.extend(s.pk for s in sessions), weak=False, dispatch_uid="t"
        )
        yield told
        sessions_ending.disconnect(dispatch_uid="t")

    def test_a_session_of_another_password_ends_and_its_partners_are_told(
        self, end_user, account, told
    ):
        """An operator's command changed it: nothing else ended what the former one opened."""
        end_user.signs_in()
        [key] = Session.objects.values_list("pk", flat=True)
        account.set_password(CHOSEN)
        account.save()
        assert end_user.opens("/mon-compte/").request["PATH_INFO"] == "/connexion/"
        assert told == [key]
        assert not Session.objects.exists()

    def test_signing_in_over_a_session_of_somebody_suspended_leaves_no_row_behind(
        self, end_user, stranger, account, told
    ):
        end_user.signs_in()
        [key] = Session.objects.values_list("pk", flat=True)
        User.objects.update(is_active=False)
        other = stranger.has_an_account()
        end_user.signs_in(username=stranger.email, password=stranger.password)
        assert [session.user for session in Session.objects.all()] == [other]
        assert told == [key]

    def test_who_signs_in_again_has_the_whole_time_before_them(self, end_user, account, settings):
        now = timezone.now()
        end_user.signs_in()
        with time_machine.travel(now + timedelta(hours=11, minutes=59)):
            Session.objects.update(expire_date=timezone.now() + timedelta(minutes=1))  # never idle
            end_user.signs_in(way="/aide/")
            assert Session.objects.get().ends_at > timezone.now() + timedelta(hours=11)
        with time_machine.travel(now + timedelta(hours=12, minutes=1)):
            assert end_user.opens("/mon-compte/").request["PATH_INFO"] == "/mon-compte/"


def test_right_current_passwords_are_not_counted_as_wrong_ones(end_user, account, monkeypatch):
    monkeypatch.setitem(LIMITS, "current_password", Limit(3, 900, "account", ""))
    for number in range(5):
        account = password_change.change(
            account, current=end_user.password, password=f"Nouveau Lagon {number}", session=None
        )
        end_user.password = f"Nouveau Lagon {number}"
    for _ in range(3):
        with pytest.raises(password_change.WrongPassword):
            password_change.change(account, current="Faux2026xy", password=CHOSEN, session=None)
    with pytest.raises(password_change.TooManyTries):
        password_change.change(account, current=end_user.password, password=CHOSEN, session=None)


class TestTheAdministration:
    @pytest.fixture
    def agent(self, stranger):
        agent = stranger.has_an_account(is_staff=True)
        agent.user_permissions.set(
            Permission.objects.filter(codename__in=("view_user", "change_user"))
        )
        stranger.signs_in()
        return stranger

    @pytest.mark.parametrize("meanwhile", ["suspended", "reset"])
    def test_saving_the_page_of_a_person_undoes_nothing_done_meanwhile(
        self, agent, end_user, account, meanwhile, monkeypatch
    ):
        """A colleague suspends the account, or its owner resets the password, between reading and
        writing."""
        from accounts.admin import UserAdmin

        save = UserAdmin.save_model

        def late(self, request, obj, form, change):
            if meanwhile == "suspended":
                User.objects.filter(pk=account.pk).update(is_active=False)
            else:
                password_reset.reset(reset_link(account), password=CHOSEN)
            return save(self, request, obj, form, change)

        monkeypatch.setattr(UserAdmin, "save_model", late)
        url = f"/admin/accounts/user/{account.pk}/change/"
        form = form_of(agent.opens(url), "language")
        assert form.sent_by(agent.client, language="en").status_code == 302
        account.refresh_from_db()
        assert account.language == "en"
        if meanwhile == "suspended":
            assert not account.is_active
        else:
            assert account.check_password(CHOSEN)


def test_an_attempt_to_sign_up_keeps_no_password_once_a_reset_opened_the_account(end_user):
    end_user.signs_up()
    end_user.submits("/mot-de-passe-oublie/", {"email": end_user.email})
    end_user.opens(link_of(end_user.mails("password_reset")[0]))
    end_user.sends(password1=CHOSEN, password2=CHOSEN, cgu="on")
    assert User.objects.get().is_activated
    assert set(OneTimeLink.objects.values_list("password", flat=True)) == {""}
