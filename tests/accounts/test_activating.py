"""Activating an account, as a flow: what ends with it, and what of others does not."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from accounts import links
from accounts.flows import activation, credentials
from accounts.models import OneTimeLink, TermsAcceptance, User
from ncconnect.audit.models import Event
from ncconnect.ratelimit import LIMITS

pytestmark = pytest.mark.django_db

HERS, HIS = "Soleil2024", "Le Sien 2024"
ACTIVATION, RESET = OneTimeLink.Purpose.ACTIVATION, OneTimeLink.Purpose.PASSWORD_RESET


def waiting(email: str) -> User:
    user = User(email=email, language="fr")
    user.set_unusable_password()
    user.save()
    return user


def attempt(user: User, password: str, number: int, **fields) -> OneTimeLink:
    fields = {"purpose": ACTIVATION, "terms_version": "1"} | fields
    return links.issue(
        user=user,
        lifetime=timedelta(hours=1),
        attempt=UUID(int=number),
        password=credentials.encoded(password),
        **fields,
    )


@pytest.fixture
def moana() -> User:
    return waiting("moana@exemple.nc")


@pytest.fixture
def link(moana) -> OneTimeLink:
    return attempt(moana, HERS, 1)


@pytest.fixture
def tehani_s() -> OneTimeLink:
    """The link of somebody else, who has nothing to do with it."""
    return attempt(waiting("tehani@exemple.nc"), HERS, 3)


class TestActivating:
    def test_every_other_link_of_the_account_ends_and_keeps_no_password(
        self, moana, link, tehani_s
    ):
        a_stranger_s = attempt(moana, HIS, 2)
        reset = links.issue(user=moana, purpose=RESET, lifetime=timedelta(hours=1))
        activation.activate(link)
        assert set(links.alive()) == {tehani_s}
        for ended in (link, a_stranger_s, reset):
            assert OneTimeLink.objects.get(pk=ended.pk).password == ""
        assert OneTimeLink.objects.get(pk=tehani_s.pk).password == tehani_s.password
        assert not User.objects.get(pk=tehani_s.user_id).is_activated

    def test_it_opens_with_the_password_of_the_link_and_no_other(self, moana, link):
        attempt(moana, HIS, 2)
        activation.activate(link)
        moana.refresh_from_db()
        assert moana.check_password(HERS)
        assert not moana.check_password(HIS)
        assert moana.activated_at == moana.password_changed_at

    def test_the_terms_were_accepted_when_the_form_was_sent(self, moana, link):
        activation.activate(link)
        accepted = TermsAcceptance.objects.get()
        assert (accepted.user, accepted.version) == (moana, "1")
        assert accepted.accepted_at == link.created_at
        assert Event.objects.get(event="account_activated").user_id == moana.pk

    @pytest.mark.parametrize(("chosen", "kept"), [("en", "en"), ("", "fr")])
    def test_the_language_is_that_of_the_page_where_there_is_one(self, moana, link, chosen, kept):
        activation.activate(link, language=chosen)
        assert User.objects.get(pk=moana.pk).language == kept

    def test_an_account_that_is_open_is_not_opened_again(self, moana, link):
        later = attempt(moana, HIS, 2)
        activation.activate(link)
        before = User.objects.values().get(pk=moana.pk)
        with pytest.raises(links.LinkUsed) as caught:
            activation.activate(later)
        assert caught.value.link == later
        assert User.objects.values().get(pk=moana.pk) == before
        assert TermsAcceptance.objects.count() == 1


class TestFinding:
    @pytest.mark.parametrize("ended", [False, True])
    def test_the_link_of_an_open_account_says_that_it_is_open(self, moana, link, ended):
        User.objects.filter(pk=moana.pk).update(activated_at=timezone.now())
        if ended:
            links.supersede(user=moana)
        with pytest.raises(activation.AlreadyActivated) as caught:
            activation.find(links.token(link))
        assert caught.value.link == link

    def test_a_dead_link_of_a_waiting_account_says_what_is_wrong_with_it(self, moana, link):
        links.supersede(user=moana)
        with pytest.raises(links.LinkSuperseded):
            activation.find(links.token(link))

    def test_what_is_no_link_is_broken_whoever_waits(self, link):
        with pytest.raises(links.LinkBroken):
            activation.find("rien")

    def test_a_live_link_is_found(self, link):
        assert activation.find(links.token(link)) == link


class TestWhoseAttempt:
    """Another attempt at the same account is another person's, until it is proved."""

    def test_only_the_browser_that_made_it(self, link):
        assert activation.is_own(link, [UUID(int=1)])
        assert activation.is_own(link, [UUID(int=2), UUID(int=1)])
        assert not activation.is_own(link, [UUID(int=2)])
        assert not activation.is_own(link, [])

    def test_the_own_attempt_is_another_one_of_the_same_account_that_still_lives(
        self, moana, link, tehani_s
    ):
        hers = [UUID(int=2), UUID(int=3), UUID(int=1)]
        assert activation.own_attempt(link, hers) is None
        older, newer = attempt(moana, HERS, 2), attempt(moana, HERS, 2)
        links.issue(user=moana, purpose=RESET, lifetime=timedelta(hours=1), attempt=UUID(int=2))
        assert activation.own_attempt(link, hers) == newer
        assert activation.own_attempt(link, [UUID(int=1), UUID(int=4)]) is None
        links.consume(newer)
        assert activation.own_attempt(link, hers) == older
        links.supersede(user=moana, attempt=UUID(int=2))
        assert activation.own_attempt(link, hers) is None


class TestByPassword:
    """On another device, the password of the attempt is asked."""

    def test_the_right_one_opens_the_account_in_the_language_of_the_page(self, moana, link):
        activation.activate_with_password(link, password=HERS, language="en")
        moana.refresh_from_db()
        assert moana.is_activated
        assert moana.language == "en"

    @pytest.mark.parametrize("typed", [HIS, "", "x" * 5000], ids=["other", "empty", "too long"])
    def test_a_wrong_one_opens_nothing_and_is_written_down(self, moana, link, typed):
        with pytest.raises(activation.WrongPassword):
            activation.activate_with_password(link, password=typed)
        assert not User.objects.get(pk=moana.pk).is_activated
        assert Event.objects.get(event="activation_refused").user_id == moana.pk

    def test_a_link_without_a_password_has_done_its_work(self, link):
        link.password = ""
        with pytest.raises(links.LinkUsed) as caught:
            activation.activate_with_password(link, password="")
        assert caught.value.link == link
        assert not User.objects.get(pk=link.user_id).is_activated

    def test_beyond_the_limit_even_the_right_one_waits_on_this_link_alone(self, link, tehani_s):
        for _ in range(LIMITS["activation_password"].number):
            with pytest.raises(activation.WrongPassword):
                activation.activate_with_password(link, password=HIS)
        with pytest.raises(activation.TooManyTries) as caught:
            activation.activate_with_password(link, password=HERS)
        assert caught.value.retry_after > 0
        assert not User.objects.get(pk=link.user_id).is_activated
        assert activation.activate_with_password(tehani_s, password=HERS).is_activated


class TestSentTwice:
    """The form that opened the account is sent again: by whoever has its password, and soon."""

    @pytest.fixture
    def used(self, link) -> OneTimeLink:
        activation.activate(link)
        return OneTimeLink.objects.get(pk=link.pk)

    def test_it_is_a_repeat(self, used):
        assert activation.is_repeat(used, HERS)

    def test_with_another_password_it_is_none(self, used):
        assert not activation.is_repeat(used, HIS)

    def test_ten_minutes_later_it_is_none(self, used):
        for late in (timedelta(0), timedelta(seconds=1)):
            with time_machine.travel(used.used_at + timedelta(minutes=10) + late, tick=False):
                assert not activation.is_repeat(used, HERS)
        almost = used.used_at + timedelta(minutes=10) - timedelta(seconds=1)
        with time_machine.travel(almost, tick=False):
            assert activation.is_repeat(used, HERS)

    def test_of_a_link_that_was_not_used_there_is_none(self, link):
        assert not activation.is_repeat(link, HERS)

    def test_whoever_keeps_a_used_link_tries_no_passwords_by_it(self, used):
        for _ in range(LIMITS["activation_password"].number):
            assert not activation.is_repeat(used, HIS)
        assert not activation.is_repeat(used, HERS)
