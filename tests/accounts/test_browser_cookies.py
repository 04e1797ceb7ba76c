"""What a browser remembers: of whom, how many, until when, and that it is no other browser's."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from accounts import browser
from accounts.models import User

FIRST, SECOND_ = UUID(int=1), UUID(int=2)
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
    def test_known_to_those_who_signed_in_here_and_to_nobody_else(self, hers, another):
        hers.does(browser.remember_device, MOANA)
        assert len(browser.device(hers.request(), MOANA.email)) == 16
        assert browser.device(hers.request(), TEVA.email) == ""
        assert browser.device(another.request(), MOANA.email) == ""

    def test_two_browsers_of_one_person_are_two_devices(self, hers, another):
        hers.does(browser.remember_device, MOANA)
        another.does(browser.remember_device, TEVA)
        another.does(browser.remember_device, MOANA)
        names = {browser.device(each.request(), MOANA.email) for each in (hers, another)}
        assert len(names - {""}) == 2

    def test_the_cookie_says_no_address(self, hers):
        hers.does(browser.remember_device, MOANA)
        assert "moana" not in str(hers.cookies)


COOKIES = {
    browser.ATTEMPT: (browser.remember_attempt, FIRST, settings.ATTEMPT_TIME),
    browser.LINK: (browser.remember_link, "premier", settings.LINK_COOKIE_TIME),
    browser.DEVICE: (browser.remember_device, MOANA, settings.KNOWN_DEVICE_TIME),
}


@pytest.mark.parametrize("name", COOKIES)
class TestEachCookie:
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
