"""Signing up: whoever asks, what an account has and what its attempts have of each other."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth.hashers import check_password
from django.utils import timezone

from accounts import links, mail_pace
from accounts.flows import credentials, sign_up
from accounts.models import OneTimeLink, User
from ncconnect.audit.models import Event
from ncconnect.mail.models import Outbox
from ncconnect.ratelimit import LIMITS, Limit

pytestmark = pytest.mark.django_db

MOANA, TEVA = "moana@exemple.nc", "teva@exemple.nc"
HERS, A_STRANGER_S = UUID(int=1), UUID(int=2)
SCHOOL = "203.0.113.7"
LEAST, GREATEST = UUID(int=0), UUID(int=2**128 - 1)


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(timezone.now(), tick=False)


@pytest.fixture
def narrow(monkeypatch):
    """No mail leaves the school at once: one every two minutes."""
    monkeypatch.setitem(LIMITS, "sign_up", Limit(0, 3600, "network", ""))


def asks(email: str = MOANA, *, attempt: UUID = HERS, **options) -> datetime:
    fields = {"language": "fr", "return_to": "/", "network": None}
    fields["password"] = credentials.encoded("Soleil2024")
    return sign_up.sign_up(email=email, attempt=attempt, **fields | options)


def mails() -> list[tuple[str, str]]:
    return [*Outbox.objects.order_by("created_at").values_list("name", "to")]


def alive(email: str = MOANA) -> set[UUID]:
    return {link.attempt for link in links.alive().filter(email=email)}


class TestAsking:
    @pytest.mark.parametrize("key", [None, LEAST, GREATEST])
    def test_the_trail_says_whether_the_account_is_new(self, key):
        if key is not None:
            User.objects.create(pk=key, email=MOANA)
        asks()
        asks()
        told = Event.objects.filter(event="sign_up").order_by("pk")
        assert [event.facts["new"] for event in told] == [key is None, False]
        assert mails() == [("activation", MOANA)] * 2

    def test_this_browser_s_earlier_attempts_end_and_nobody_else_s(self):
        asks()
        asks(attempt=A_STRANGER_S)
        asks(TEVA)
        asks(attempt=UUID(int=3), previous=[HERS])
        assert alive() == {A_STRANGER_S, UUID(int=3)}
        assert alive(TEVA) == {HERS}

    def test_who_says_nothing_of_earlier_attempts_ends_none(self):
        asks()
        asks(attempt=A_STRANGER_S)
        assert alive() == {HERS, A_STRANGER_S}

    def test_a_known_address_keeps_its_password_and_gets_a_mail_that_says_so(self):
        user = User.objects.create_user(MOANA, "Soleil2024", activated_at=timezone.now())
        asks()
        assert mails() == [("already_registered", MOANA)]
        assert alive() == set()
        [link] = user.links.all()
        assert (link.password, link.superseded_at) == ("", timezone.now())
        assert Event.objects.get().event == "sign_up_known_address"

    def test_a_waiting_account_s_link_lives_from_the_moment_its_mail_leaves(self, narrow, settings):
        at = asks(network=SCHOOL)
        assert at == timezone.now() + mail_pace.STEP
        [link] = links.alive()
        assert link.expires_at == at + settings.ACTIVATION_LINK_TIME
        assert Outbox.objects.get().next_at == at
        assert asks(TEVA) == timezone.now()  # elsewhere nobody waits

    def test_no_attempt_is_made_whose_mail_cannot_leave(self):
        for _ in range(LIMITS["sign_up_mail"].number):
            asks()
        with pytest.raises(sign_up.TooManyMails) as refused:
            asks(attempt=UUID(int=9))
        assert refused.value.retry_after > 0
        assert alive() == {HERS}
        asks(TEVA)


class TestAskingForTheMailAgain:
    def resends(self, email: str = MOANA, attempt: UUID = HERS) -> int:
        return sign_up.resend(email=email, attempt=attempt, network=SCHOOL)

    def test_the_mail_of_this_attempt_goes_with_a_new_link_and_the_same_password(self):
        asks()
        asks(attempt=A_STRANGER_S, password=credentials.encoded("Le Sien 2024"))
        former = OneTimeLink.objects.get(attempt=HERS)
        assert self.resends() == 0
        assert alive() == {HERS, A_STRANGER_S}
        renewed = links.alive().get(attempt=HERS)
        assert renewed.pk != former.pk
        assert check_password("Soleil2024", renewed.password)
        assert mails() == [("activation", MOANA)] * 3

    @pytest.mark.parametrize("email", [MOANA, TEVA])
    def test_who_made_no_attempt_is_answered_as_ever_and_gets_none(self, email):
        asks()
        assert self.resends(email, A_STRANGER_S) == 0
        assert alive() == {HERS}
        assert mails() == [("activation", MOANA)]

    def test_an_open_account_is_told_that_it_is_open(self):
        asks()
        User.objects.update(activated_at=timezone.now())
        assert self.resends() == 0
        assert mails() == [("activation", MOANA), ("already_registered", MOANA)]

    def test_who_asks_too_soon_waits_and_nothing_is_sent(self, time_machine):
        asks()
        self.resends()
        wait = self.resends()
        assert 0 < wait <= LIMITS["resend_pause"].window
        assert wait == sign_up.resend_wait(email=MOANA)
        assert len(mails()) == 2
        assert sign_up.resend_wait(email=TEVA) == 0
        time_machine.shift(timedelta(seconds=wait))
        assert self.resends() == 0

    def test_a_crowded_network_is_no_reason_to_wait_for_another_one(self):
        for number in range(LIMITS["resend_network"].number):
            sign_up.resend(email=f"eleve{number}@exemple.nc", attempt=HERS, network=SCHOOL)
        asks()
        assert self.resends() > 0
        assert sign_up.resend(email=TEVA, attempt=HERS, network="198.51.100.4") == 0


class TestThePasswordOfAWaitingAccount:
    @pytest.fixture
    def moana(self) -> User:
        asks()
        asks(attempt=A_STRANGER_S, password=credentials.encoded("Le Sien 2024"))
        return User.objects.get()

    def hash_of(self, attempt: UUID) -> str:
        return OneTimeLink.objects.get(attempt=attempt).password

    def test_is_that_of_this_browser_s_attempt(self, moana):
        assert sign_up.password_to_compare(moana, [HERS]) == self.hash_of(HERS)

    @pytest.mark.parametrize("own", [[], [UUID(int=9)]])
    def test_else_the_newest_one_s(self, moana, own, time_machine):
        time_machine.shift(timedelta(seconds=1))
        asks(attempt=UUID(int=3))
        assert sign_up.password_to_compare(moana, own) == self.hash_of(UUID(int=3))

    def test_else_the_operator_s_before_any_stranger_s(self, moana):
        moana.set_password("De la mairie 26")
        assert sign_up.password_to_compare(moana, []) == moana.password
        assert sign_up.password_to_compare(moana, [HERS]) == self.hash_of(HERS)

    def test_and_where_there_is_none_nothing(self):
        assert sign_up.password_to_compare(User.objects.create(email=TEVA), []) == ""
