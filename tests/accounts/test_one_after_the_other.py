"""Different operations on one person at the same instant: one after the other, and none is lost.

Locks are taken in one order (person, then link, session, grant, token): no deadlock."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import pytest
from django.conf import settings as configured

from accounts import links
from accounts.devices.models import Device
from accounts.flows import (
    activation,
    credentials,
    not_me,
    password_change,
    password_reset,
    reset_request,
    sign_up,
    suspension,
)
from accounts.models import OneTimeLink, Session, User
from ncconnect.audit.models import Event
from ncconnect.mail import NobodyToWriteTo
from ncconnect.mail.models import Outbox
from ncconnect.mail.rendering import render
from ncconnect.ratelimit import LIMITS, Limit
from tests.actors import PASSWORD, EndUser
from tests.at_once import at_once
from tests.strict_client import StrictClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("needs_postgresql")]

CHOSEN, CHANGED, AGAIN = "Nouveau Lagon 7", "Autre Recif 8", "Encore Lagon 9"
TOLD = (links.LinkError, password_change.ChangedMeanwhile, sign_up.TooManyMails)
ROUNDS = 6


@pytest.fixture(autouse=True)
def _nothing_is_limited(monkeypatch, settings):
    settings.CAPTCHA_BACKEND = "none"
    for name, limit in LIMITS.items():
        monkeypatch.setitem(LIMITS, name, replace(limit, number=10_000))


class Somebody:
    """A person and the operations on them, each ready to be started."""

    def __init__(self, number: int, *, activated: bool):
        self.email = f"moana{number}@exemple.nc"
        self.attempt = None
        if activated:
            self.user = User.objects.create_user(
                self.email, PASSWORD, activated_at="2026-01-01T00:00:00Z"
            )
            EndUser(StrictClient(), self.email).signs_in()
        else:
            EndUser(StrictClient(), self.email).signs_up()
            self.user = User.objects.get(email=self.email)
            self.attempt = self.user.links.get()
        self.reset_link = links.issue(
            user=self.user,
            purpose=OneTimeLink.Purpose.PASSWORD_RESET,
            lifetime=configured.PASSWORD_RESET_LINK_TIME,
        )

    def resets(self):
        link = OneTimeLink.objects.select_related("user").get(pk=self.reset_link.pk)
        password_reset.reset(link, password=CHOSEN, accepts_terms=True)

    def asks_for_a_reset(self):
        """The page, then the worker that writes the mail and makes its link."""
        reset_request.request_reset(email=self.email, network="192.0.2.1", return_to="")
        mails = Outbox.objects.filter(name="password_reset", to=self.email)
        with suppress(NobodyToWriteTo):
            render(mails.latest("created_at"))

    def changes(self):
        user = User.objects.get(pk=self.user.pk)
        password_change.change(user, current=PASSWORD, password=CHANGED, session=None)

    def activates(self):
        activation.activate(OneTimeLink.objects.select_related("user").get(pk=self.attempt.pk))

    def has_it_sent_again(self):
        sign_up.resend(email=self.email, attempt=self.attempt.attempt, network="192.0.2.1")

    def signs_up(self):
        EndUser(StrictClient(), self.email, AGAIN).signs_up()

    def denies(self):
        event = Event.objects.filter(user_id=self.user.pk).first()
        not_me.deny(User.objects.get(pk=self.user.pk), event)

    def is_suspended(self):
        suspension.suspend(User.objects.get(pk=self.user.pk), actor=self.user)

    def signs_in(self):
        EndUser(StrictClient(), self.email).signs_in()


PAIRS = [
    (True, "resets", "asks_for_a_reset"),
    (True, "resets", "changes"),
    (True, "resets", "is_suspended"),
    (True, "changes", "is_suspended"),
    (True, "changes", "signs_in"),
    (True, "resets", "signs_in"),
    (True, "denies", "signs_in"),
    (True, "denies", "resets"),
    (True, "denies", "asks_for_a_reset"),
    (True, "denies", "is_suspended"),
    (True, "denies", "denies"),
    (False, "activates", "has_it_sent_again"),
    (False, "activates", "signs_up"),
    (False, "activates", "resets"),
    (False, "activates", "is_suspended"),
    (False, "has_it_sent_again", "resets"),
    (False, "signs_up", "asks_for_a_reset"),
]


def together(people: list[Somebody], *names: str) -> list[object]:
    """Every operation on every person, all at once."""
    actions: list[Callable] = [getattr(person, name) for person in people for name in names]
    return at_once(len(actions), lambda place: actions[place]())


@pytest.mark.parametrize(("activated", "first", "second"), PAIRS)
def test_both_end_and_neither_waits_for_the_other_for_ever(activated, first, second):
    people = [Somebody(number, activated=activated) for number in range(ROUNDS)]
    outcomes = together(people, first, second)
    unexpected = [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, TOLD)]
    assert unexpected == []


def test_whoever_resets_keeps_their_password_whatever_was_being_changed():
    """Both may succeed, when the change came first; never does the change come last."""
    people = [Somebody(number, activated=True) for number in range(ROUNDS)]
    outcomes = together(people, "resets", "changes")
    for person, reset in zip(people, outcomes[::2], strict=True):
        person.user.refresh_from_db()
        if reset is None:
            assert person.user.check_password(CHOSEN)
        else:  # the change ended the link first
            assert isinstance(reset, links.LinkError)
            assert person.user.check_password(CHANGED)


def test_whoever_says_that_it_was_not_them_leaves_nobody_in_by_the_old_password():
    """Signed in at that moment, or changing it: sessions end, and the password serves no more."""
    people = [Somebody(number, activated=True) for number in range(ROUNDS)]
    outcomes = together(people, "denies", "signs_in", "changes")
    told = (password_change.ChangedMeanwhile, password_change.WrongPassword)
    assert [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, told)] == []
    for person in people:
        person.user.refresh_from_db()
        assert not person.user.has_usable_password()
        assert not Session.objects.filter(user=person.user).exists()
        assert not Device.objects.filter(user=person.user).exists()
        assert links.alive(person.user.links.all()).count() == 1


def test_a_reset_at_the_moment_of_a_denial_is_whole_or_is_told():
    people = [Somebody(number, activated=True) for number in range(ROUNDS)]
    outcomes = together(people, "resets", "denies")
    for person, reset in zip(people, outcomes[::2], strict=True):
        person.user.refresh_from_db()
        # Before the denial it is undone by it; after it, its link was ended by it.
        assert not person.user.has_usable_password()
        assert reset is None or isinstance(reset, links.LinkError)


def test_nothing_of_a_suspended_person_is_left_open():
    people = [Somebody(number, activated=True) for number in range(ROUNDS)]
    together(people, "is_suspended", "asks_for_a_reset")
    for person in people:
        assert not links.alive(person.user.links.all()).exists()
        assert not Session.objects.filter(user=person.user).exists()


def test_twenty_sign_ups_of_one_address_leave_as_many_links_as_mails(monkeypatch):
    monkeypatch.setitem(LIMITS, "sign_up_mail", Limit(3, 3_600, "address", ""))
    hashed = credentials.encoded(PASSWORD)

    def signs_up(_):
        sign_up.sign_up(
            email="moana@exemple.nc",
            password=hashed,
            language="fr",
            return_to="",
            attempt=uuid4(),
            network=None,
        )

    outcomes = at_once(20, signs_up)
    refused = [o for o in outcomes if isinstance(o, sign_up.TooManyMails)]
    assert len(refused) == 17
    assert all(0 < o.retry_after <= 3_600 for o in refused)
    assert OneTimeLink.objects.count() == Outbox.objects.count() == 3
    assert User.objects.count() == 1
