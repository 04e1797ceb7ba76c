"""What a browser remembers: of whom, how many, until when, and that it is no other browser's."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from accounts import browser
from accounts.devices import known
from accounts.models import User

FIRST, SECOND_ = UUID(int=1), UUID(int=2)
SEEN, HOME = ("Firefox", "Linux"), "192.0.2.1"
MOANA, TEVA = User(email="moana@exemple.nc"), User(email="teva@exemple.nc")


class Browser:
    """It keeps the cookies that answers set, and sends them with each request."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def request(self) -> HttpRequest:
        request = RequestFactory().get("/")
        request.COOKIES.update(self.cookies)
        return request

    def does(self, act, *values) -> HttpResponse:
        response = HttpResponse()
        act(response, self.request(), *values)
        for name, morsel in response.cookies.items():
            if morsel["max-age"] == 0:
                del self.cookies[name]
            else:
                self.cookies[name] = morsel.value
        return response

    @property
    def attempts(self) -> list[UUID]:
        return browser.attempts(self.request())

    @property
    def devices(self) -> list[UUID]:
        return [handle.id for handle in browser.devices(self.request())]


@pytest.fixture
def hers() -> Browser:
    return Browser()


@pytest.fixture
def another() -> Browser:
    return Browser()


class TestAttempts:
    def test_the_newest_comes_first_and_none_twice(self, hers, another):
        for attempt in (FIRST, SECOND_, FIRST):
            hers.does(browser.remember_attempt, attempt)
        assert hers.attempts == [FIRST, SECOND_]
        assert another.attempts == []

    def test_five_are_kept(self, hers):
        for number in range(1, 8):
            hers.does(browser.remember_attempt, UUID(int=number))
        assert [attempt.int for attempt in hers.attempts] == [7, 6, 5, 4, 3]

    def test_forgetting_one_keeps_those_of_other_tabs(self, hers):
        hers.does(browser.remember_attempt, FIRST)
        hers.does(browser.remember_attempt, SECOND_)
        hers.does(browser.forget_attempt, SECOND_)
        assert hers.attempts == [FIRST]
        hers.does(browser.forget_attempt, FIRST)
        assert hers.cookies == {}

    def test_a_mail_sent_again_teaches_no_other_browser(self, hers, another):
        hers.does(browser.remember_attempt, FIRST)
        hers.does(browser.remember_attempt, SECOND_)
        hers.does(browser.keep_attempt, FIRST)
        assert hers.attempts == [FIRST, SECOND_]
        another.does(browser.keep_attempt, FIRST)
        assert another.attempts == []
        assert another.cookies == {}


class TestLinks:
    def test_each_by_its_name_and_the_newest_without_one(self, hers, another):
        hers.does(browser.remember_link, "premier")
        hers.does(browser.remember_link, "second")
        assert browser.link(hers.request()) == "second"
        assert browser.link(hers.request(), browser.link_name("premier")) == "premier"
        assert browser.link(hers.request(), browser.link_name("autre")) == ""
        assert browser.link(another.request(), browser.link_name("premier")) == ""

    def test_the_name_opens_nothing(self):
        name = browser.link_name("premier")
        assert len(name) == 12
        assert "premier" not in name
        assert name != browser.link_name("second")

    def test_forgetting_one_keeps_that_of_the_other_tab(self, hers):
        hers.does(browser.remember_link, "premier")
        hers.does(browser.remember_link, "second")
        hers.does(browser.forget_link, "second")
        assert browser.link(hers.request()) == "premier"
        hers.does(browser.remember_link, "second")
        hers.does(browser.forget_link, "premier")
        assert browser.link(hers.request()) == "second"


class TestDevices:
    def test_the_newest_comes_first_and_none_twice(self, hers, another):
        first, second = (known.new(MOANA, SEEN, HOME) for _ in range(2))
        for here in (first, second, first):
            hers.does(browser.remember_device, here, MOANA.email)
        assert hers.devices == [first.device.pk, second.device.pk]
        assert another.devices == []

    def test_five_people_share_a_browser(self, hers):
        devices = [known.new(MOANA, SEEN, HOME) for _ in range(7)]
        for here in devices:
            hers.does(browser.remember_device, here, MOANA.email)
        assert hers.devices == [here.device.pk for here in devices[:1:-1]]
        assert len(str(hers.cookies)) < 400

    def test_its_handle_is_found_by_the_device(self, hers):
        first, second = (known.new(MOANA, SEEN, HOME) for _ in range(2))
        for here in (first, second):
            hers.does(browser.remember_device, here, MOANA.email)
        assert browser.handle_of(hers.request(), first.device.pk) == first.handle

    def test_the_cookie_says_no_address(self, hers):
        hers.does(browser.remember_device, known.new(MOANA, SEEN, HOME), MOANA.email)
        assert "moana" not in str(hers.cookies)

    @pytest.mark.parametrize("text", ["", ".", "...", "x" * 64 + "!", "é", "." * 5_000])
    def test_whatever_it_is_made_of_it_is_read(self, hers, text):
        hers.cookies[browser.DEVICE] = text
        assert hers.devices == []
        assert browser.device(hers.request(), MOANA.email) == ""

    def test_no_cookie_names_more_than_five(self, hers):
        handles = [known.new(MOANA, SEEN, HOME).handle for _ in range(100)]
        hers.cookies[browser.DEVICE] = ".".join(handles)
        assert len(hers.devices) == browser.KEPT


class TestMarksOfTheReleaseBefore:
    """A cookie that named people by their address; each becomes a row when they sign in."""

    @pytest.fixture
    def family(self, hers) -> Browser:
        marks = [browser._mark(each.email) for each in (MOANA, TEVA)]
        hers.cookies[browser.DEVICE] = browser.SEALS[browser.DEVICE].close(marks)
        return hers

    def test_they_are_known_and_nobody_else_is(self, family, another):
        for each in (MOANA, TEVA):
            assert len(browser.device(family.request(), each.email)) == 16
        assert browser.device(family.request(), "hina@exemple.nc") == ""
        assert browser.device(another.request(), MOANA.email) == ""

    def test_a_handle_takes_the_place_of_her_mark_and_his_stays(self, family):
        here = known.new(MOANA, SEEN, HOME)
        family.does(browser.remember_device, here, MOANA.email)
        assert family.devices == [here.device.pk]
        assert browser.device(family.request(), MOANA.email) == ""
        assert browser.device(family.request(), TEVA.email)
        family.does(browser.remember_device, known.new(TEVA, SEEN, HOME), TEVA.email)
        assert len(family.devices) == 2
        assert browser.device(family.request(), TEVA.email) == ""

    def test_they_are_worth_nothing_once_they_are_too_old(self, family, time_machine):
        time_machine.move_to(timezone.now() + settings.KNOWN_DEVICE_TIME + timedelta(seconds=2))
        assert browser.device(family.request(), MOANA.email) == ""


COOKIES = {
    browser.ATTEMPT: (browser.remember_attempt, FIRST, settings.ATTEMPT_TIME),
    browser.LINK: (browser.remember_link, "premier", settings.LINK_COOKIE_TIME),
}


@pytest.mark.parametrize("name", COOKIES)
class TestEachSealedCookie:
    def kept(self, name: str, cookies: dict[str, str]) -> bool:
        reader = Browser()
        reader.cookies = cookies
        return bool(browser._read(reader.request(), name))

    def test_scripts_and_other_sites_do_not_get_it(self, hers, name):
        remember, value, time = COOKIES[name]
        cookie = hers.does(remember, value).cookies[name]
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"
        assert cookie["max-age"] == int(time.total_seconds())
        assert bool(cookie["secure"]) is settings.HTTPS
        assert name.startswith("__Host-") is settings.HTTPS  # then no page of http sets it

    def test_it_is_worth_nothing_once_it_is_too_old(self, hers, name, time_machine):
        remember, value, time = COOKIES[name]
        begin = timezone.now()
        time_machine.move_to(begin, tick=False)
        hers.does(remember, value)
        time_machine.move_to(begin + time - timedelta(seconds=2), tick=False)
        assert self.kept(name, hers.cookies)
        time_machine.move_to(begin + time + timedelta(seconds=2), tick=False)
        assert not self.kept(name, hers.cookies)

    def test_altered_or_of_another_kind_it_is_worth_nothing(self, hers, name):
        remember, value, _time = COOKIES[name]
        hers.does(remember, value)
        sealed = hers.cookies[name]
        assert self.kept(name, {name: sealed})
        assert not self.kept(name, {name: sealed[:-2]})
        assert not self.kept(name, {name: ""})
        for other in set(COOKIES) - {name}:
            assert not self.kept(other, {other: sealed})


class TestAnUpgrade:
    """What a browser kept before it, as an earlier version wrote it, is worth as much after it."""

    BEFORE = {
        browser.ATTEMPT: "EGG0sBh4gfvY6XDQsIKU_i-cPf334Z_V7XcjYSYyvPeei-jodQ",
        browser.LINK: "wzbt0OJuEvz7FylZWr5lRmfpR8dmzep6wR1kf-hufTQK",
        browser.DEVICE: "5h5kSPPzKicL-UbYWIGgQpNyX9_e853rxxyNADvNcx7EZ1SKoZkBgRW9",
    }

    @pytest.fixture(autouse=True)
    def _kept(self, hers, time_machine):
        time_machine.move_to("2026-11-22T10:05:00Z", tick=False)
        hers.cookies = dict(self.BEFORE)

    def test_a_link_opens_the_account_at_once(self, hers):
        assert hers.attempts == [FIRST]
        assert browser.link(hers.request()) == "premier"

    def test_a_device_stays_known_to_its_person_and_to_nobody_else(self, hers):
        assert browser.device(hers.request(), MOANA.email) == "973c4832afd74051"
        assert browser.device(hers.request(), TEVA.email) == ""


def test_scripts_and_other_sites_do_not_get_that_of_devices(hers):
    here = known.new(MOANA, SEEN, HOME)
    cookie = hers.does(browser.remember_device, here, MOANA.email).cookies[browser.DEVICE]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == int(settings.KNOWN_DEVICE_TIME.total_seconds())
    assert bool(cookie["secure"]) is settings.HTTPS
