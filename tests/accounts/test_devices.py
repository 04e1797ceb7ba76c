"""Known devices: a browser in which its person signed in before is theirs, and nobody else's."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts import browser, purge
from accounts.devices import known
from accounts.flows import sign_in as flow
from accounts.models import Device, Session, User
from ncconnect.audit.models import Event
from ncconnect.handles import Handle
from ncconnect.ratelimit import LIMITS
from tests.actors import PASSWORD, EndUser
from tests.at_once import at_once
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

SEEN, HOME = ("Firefox", "Linux"), "192.0.2.1"
ANDROID = "Mozilla/5.0 (Linux; Android 9) AppleWebKit Chrome/120.0 Mobile Safari/537.36"
SECOND = timedelta(seconds=1)
LONG = settings.KNOWN_DEVICE_TIME


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(timezone.now(), tick=False)


@pytest.fixture
def moana() -> User:
    return User.objects.create_user("moana@exemple.nc", PASSWORD, activated_at=timezone.now())


@pytest.fixture
def teva() -> User:
    return User.objects.create_user("teva@exemple.nc", PASSWORD, activated_at=timezone.now())


def written(user: User, **changes) -> known.Here:
    here = known.new(user, SEEN, HOME)
    known.write(here)
    Device.objects.filter(pk=here.device.pk).update(**changes)
    return here


def read(*places: known.Here) -> list[Handle]:
    return [Handle.read(here.handle) for here in places]


def cookie(person: EndUser) -> list[str]:
    return person.client.cookies[browser.DEVICE].value.split(".")


def at_home(user: User, address: str = "203.0.113.4") -> EndUser:
    return EndUser(StrictClient(REMOTE_ADDR=address), user.email, PASSWORD)


class TestWhoseItIs:
    def test_it_is_found_with_its_person(self, moana, teva):
        hers = written(moana)
        written(teva)
        assert known.find(moana.email, read(hers)) == (moana, hers.device)
        assert known.name(moana.email, read(hers)) == str(hers.device.pk)

    def test_among_those_of_the_others_who_share_the_browser(self, moana, teva):
        his, hers = written(teva), written(moana)
        assert known.find(moana.email, read(his, hers)) == (moana, hers.device)
        assert known.find(teva.email, read(his, hers)) == (teva, his.device)

    def test_somebody_else_s_is_not_one_of_hers(self, moana, teva):
        """Who signs in to an account of their own is no more at home in Moana's for it."""
        his = written(teva)
        assert known.find(moana.email, read(his)) == (moana, None)
        assert known.name(moana.email, read(his)) == ""

    def test_nor_is_one_without_its_secret(self, moana):
        hers = written(moana)
        forged = Handle(hers.device.pk, Handle.read(known.new(moana, SEEN, HOME).handle).digest)
        assert known.find(moana.email, [forged]) == (moana, None)

    def test_nor_one_whose_row_went(self, moana):
        hers = written(moana)
        Device.objects.all().delete()
        assert known.find(moana.email, read(hers)) == (moana, None)

    @pytest.mark.parametrize(("age", "is_known"), [(LONG - SECOND, True), (LONG, False)])
    def test_it_is_known_for_as_long_as_it_is_used(self, moana, age, is_known):
        hers = written(moana, last_at=timezone.now() - age)
        assert bool(known.name(moana.email, read(hers))) is is_known
        assert Device.objects.live().exists() is is_known

    def test_an_unknown_address_has_none(self, moana):
        assert known.find("personne@exemple.nc", read(written(moana))) == (None, None)
        assert known.find("personne@exemple.nc", []) == (None, None)


class TestSigningIn:
    def test_the_first_time_writes_it_down_with_what_it_is(self, moana):
        her = at_home(moana)
        her.client.defaults["HTTP_USER_AGENT"] = ANDROID
        her.signs_in()
        device, session = Device.objects.get(), Session.objects.get()
        assert (device.user, device.device_label) == (moana, "Chrome sur Android")
        assert device.network == "203.0.113.4"
        assert session.device == device
        assert [Handle.read(text).id for text in cookie(her)] == [device.pk]
        assert abs(device.first_at - timezone.now()) < SECOND

    def test_the_table_does_not_hold_the_secret(self, moana):
        her = at_home(moana)
        her.signs_in()
        assert cookie(her)[0] not in str(Device.objects.values_list().get())

    def test_again_in_the_same_browser_is_the_same_device(self, moana, teva):
        her = at_home(moana)
        her.signs_in()
        her.signs_out()
        her.signs_in()
        assert Device.objects.count() == 1
        assert Session.objects.get().device == Device.objects.get()
        facts = Event.objects.filter(event="sign_in").order_by("pk").values_list("facts", flat=True)
        assert [each["known"] for each in facts] == [False, True]

    def test_two_people_of_one_browser_have_a_device_each(self, moana, teva):
        her = at_home(moana)
        her.signs_in()
        her.signs_out()
        her.signs_in(username=teva.email)
        assert len(cookie(her)) == 2
        assert {device.user for device in Device.objects.all()} == {moana, teva}
        her.signs_out()
        her.signs_in()
        assert Device.objects.count() == 2

    def test_a_wrong_password_leaves_nothing(self, moana):
        her = at_home(moana)
        her.signs_in(password="Faux2026xy")
        assert not Device.objects.exists()
        assert browser.DEVICE not in her.client.cookies

    def test_once_a_day_its_last_use_is_written_and_where(self, moana, time_machine):
        her = at_home(moana)
        her.signs_in()
        first = Device.objects.get().last_at
        her.client.defaults |= {"REMOTE_ADDR": "198.51.100.7", "HTTP_USER_AGENT": ANDROID}
        time_machine.shift(known.NOTED - SECOND)
        her.signs_in()
        assert Device.objects.get().last_at == first
        time_machine.shift(SECOND)
        her.signs_out()
        her.signs_in()
        device = Device.objects.get()
        assert device.last_at == first + known.NOTED
        assert (device.network, device.device_label) == ("198.51.100.7", "Chrome sur Android")

    def test_a_browser_that_was_forgotten_is_new_again(self, moana):
        her = at_home(moana)
        her.signs_in()
        former = cookie(her)
        Device.objects.all().delete()
        her.signs_out()
        her.signs_in()
        assert Device.objects.count() == 1
        assert Session.objects.get().device == Device.objects.get()
        assert cookie(her)[0] not in former

    def test_a_mark_of_the_release_before_becomes_a_row(self, moana):
        her = at_home(moana)
        mark = browser.SEALS[browser.DEVICE].close([browser._mark(moana.email)])
        her.client.cookies[browser.DEVICE] = mark
        for _ in range(LIMITS["sign_in"].number + 1):
            at_home(moana).signs_in(password="Faux2026xy")
        her.signs_in()
        assert Session.objects.get().device == Device.objects.get()
        assert mark not in cookie(her)


class TestHowMany:
    def test_the_one_that_was_not_used_for_longest_leaves(self, moana, teva, time_machine):
        his = written(teva)
        hers = []
        for _ in range(known.LIMIT):
            time_machine.shift(SECOND)
            hers.append(written(moana).device)
        Device.objects.filter(pk=hers[0].pk).update(last_at=timezone.now())
        newest = written(moana).device
        left = set(Device.objects.filter(user=moana))
        assert left == {*hers, newest} - {hers[1]}
        assert Device.objects.filter(user=teva).get() == his.device

    def test_the_purge_takes_those_that_nobody_used_for_long(self, moana):
        old, young = written(moana, last_at=timezone.now() - LONG), written(moana)
        assert purge.known_devices() == 1
        assert Device.objects.get() == young.device
        assert old.device.pk != young.device.pk

    def test_they_go_with_their_person(self, moana, teva):
        written(moana)
        his = written(teva)
        moana.delete()
        assert Device.objects.get() == his.device


class TestLimits:
    def tries(self, moana, *places, network=HOME):
        place = flow.Place(network, handles=tuple(read(*places)))
        return flow.sign_in(email=moana.email, password="Faux2026xy", place=place)

    def test_a_known_device_answers_for_its_own_failures_wherever_it_is(self, moana, teva):
        hers, his = written(moana), written(teva)
        for number in range(LIMITS["sign_in"].number):
            with pytest.raises(flow.WrongCredentials):
                self.tries(moana, hers, network=f"198.51.100.{number}")
        with pytest.raises(flow.TooManyTries):
            self.tries(moana, hers)
        with pytest.raises(flow.WrongCredentials):
            self.tries(moana, his)  # a browser of somebody else's on the same network

    def test_a_forgotten_one_is_a_stranger_on_its_network(self, moana):
        hers = written(moana)
        for _ in range(LIMITS["sign_in"].number):
            with pytest.raises(flow.WrongCredentials):
                self.tries(moana)
        with pytest.raises(flow.WrongCredentials):
            self.tries(moana, hers)
        Device.objects.all().delete()
        with pytest.raises(flow.TooManyTries):
            self.tries(moana, hers)

    def test_strangers_use_up_no_link_for_a_new_password_of_a_known_device(self, moana):
        her = at_home(moana)
        her.signs_in()
        her.signs_out()
        forgotten = reverse("accounts:password_forgotten")

        def asks(person: EndUser) -> int:
            person.opens(forgotten)
            return person.sends(email=moana.email).status_code

        neighbour = at_home(moana)
        assert [asks(neighbour) for _ in range(LIMITS["reset_mail"].number + 1)][-1] == 429
        assert asks(her) == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("needs_postgresql")
class TestAtOnce:
    @pytest.fixture(autouse=True)
    def _every_hash_has_a_slot(self, monkeypatch):
        from accounts import passwords
        from ncconnect.waiting import Turns

        turns = Turns(range(64), waiting=0, patience=0)
        monkeypatch.setattr(passwords, "slots", lambda: turns)

    def test_however_many_browsers_sign_in_a_person_has_twenty(self, moana, time_machine):
        """Z13."""
        time_machine.move_to(timezone.now(), tick=True)
        for _ in range(known.LIMIT - 2):
            written(moana)
        people = [at_home(moana, f"203.0.113.{number}") for number in range(10)]
        for person in people:
            person.opens("/connexion/")
        outcomes = at_once(10, lambda place: people[place].signs_in().status_code)
        assert outcomes == [200] * 10
        assert Device.objects.count() == known.LIMIT
        assert Session.objects.count() == 10
