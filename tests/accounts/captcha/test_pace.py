"""What many tests, wrong answers and sounds change, and for whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.captcha import pace
from accounts.captcha.models import CaptchaAnswer
from ncconnect import metrics, ratelimit
from ncconnect.ratelimit import LIMITS, Limit
from ncconnect.ratelimit.models import Counter

HERE, ELSEWHERE = "127.0.0.1", "192.0.2.9"


@pytest.fixture
def narrow(monkeypatch):
    def set_to(name: str, number: int) -> None:
        limit = LIMITS[name]
        monkeypatch.setitem(
            LIMITS, name, Limit(number, limit.window, limit.counted_by, limit.meaning)
        )

    return set_to


def fails(visitor, times: int) -> None:
    for _failure in range(times):
        visitor.answers_wrongly(name="Wamytan")


def test_opening_the_page_again_and_again_writes_no_row_but_counters(visitor):
    visitor.opens()
    counters = Counter.objects.count()
    for _visit in range(50):
        visitor.opens()
    assert not CaptchaAnswer.objects.exists()
    assert Counter.objects.count() == counters


@pytest.mark.parametrize(
    ("limit", "network"),
    [
        ("captcha_shown", "192.0.2.1"),
        ("captcha_shown_day", "192.0.2.1"),
        ("captcha_shown_site", "2001:db8:1:2::/64"),
        ("captcha_shown_site_day", "2001:db8:1:2::/64"),
    ],
)
def test_each_count_of_tests_shown_is_kept(db, narrow, limit, network):
    narrow(limit, 2)
    assert [pace.shown(network) for _test in range(3)] == [True, True, False]
    assert pace.shown(ELSEWHERE)


def test_the_networks_of_one_ipv6_site_are_counted_together(db, narrow):
    narrow("captcha_shown_site", 2)
    shown = [pace.shown(f"2001:db8:1:{subnet}::/64") for subnet in range(3)]
    assert shown == [True, True, False]
    assert pace.shown("2001:db8:2:1::/64")


@pytest.mark.parametrize("way", ["opens", "presses", "fails"])
def test_every_test_that_is_shown_counts(visitor, way):
    before = ratelimit.peek("captcha_shown", HERE).count
    if way == "opens":
        visitor.opens()
    elif way == "presses":
        visitor.presses("captcha_autre")
    else:
        fails(visitor, 1)
    assert ratelimit.peek("captcha_shown", HERE).count == before + 1


def test_a_school_behind_one_address_is_asked_for_one_more_test_and_never_refused(visitor, narrow):
    narrow("captcha_shown", 1)
    visitor.opens()
    visitor.answers(name="Wamytan")
    assert "C’est juste. Faites encore ce test." in visitor.page
    assert visitor.form.fields["name"] == "Wamytan"
    assert visitor.answers(name="Wamytan") == "fait pour Wamytan"


def test_the_first_of_two_tests_alone_opens_nothing(visitor, narrow):
    narrow("captcha_shown", 1)
    visitor.opens()
    first = visitor.form.fields
    visitor.answers(name="Wamytan")
    visitor.form.fields = first
    visitor.sends(name="Wamytan")
    assert "fait pour" not in visitor.page


def test_after_three_wrong_answers_the_next_one_waits(visitor, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    fails(visitor, 3)
    right = visitor.right_answer()
    visitor.sends(**right, name="Wamytan")
    assert "Trop d’essais. Attendez 30 secondes, puis répondez." in visitor.page
    assert CaptchaAnswer.objects.count() == 3
    time_machine.shift(timedelta(seconds=30))
    assert visitor.sends(**right, name="Wamytan") == "fait pour Wamytan"


def test_another_browser_does_not_wait(visitor, stranger):
    fails(visitor, 3)
    assert stranger.answers(name="Naisseline") == "fait pour Naisseline"


def test_a_right_answer_starts_anew(visitor):
    fails(visitor, 2)
    visitor.answers(name="Wamytan")
    visitor.opens()
    fails(visitor, 2)
    assert visitor.answers(name="Wamytan") == "fait pour Wamytan"


def test_answers_beyond_the_number_are_not_judged_and_write_nothing(visitor, narrow):
    narrow("captcha_answer", 1)
    fails(visitor, 1)
    visitor.answers(name="Wamytan")
    assert "Trop d’essais. Attendez" in visitor.page
    assert CaptchaAnswer.objects.count() == 1


def test_beyond_five_sounds_the_pictures_come_back_and_say_why(visitor):
    for _press in range(LIMITS["captcha_sound"].number):
        visitor.opens()
        visitor.presses("captcha_audio")
        assert visitor.form.sources[0].endswith("/code.wav")
    visitor.opens()
    visitor.presses("captcha_audio", name="Wamytan")
    assert "Trop de codes ont été écoutés depuis votre réseau." in visitor.page
    assert len(visitor.form.choices) == 9
    assert visitor.answers() == "fait pour Wamytan"


def test_a_wrong_code_counts_as_a_sound(visitor, narrow):
    narrow("captcha_sound", 1)
    visitor.presses("captcha_audio")
    visitor.sends(captcha_code="12", name="Wamytan")
    assert len(visitor.form.choices) == 9


def test_what_became_of_tests_is_measured(visitor):
    def count(outcome: str, renewals: str = "0", kind: str = "images") -> float:
        return metrics.CAPTCHA.labels(kind, outcome, renewals)._value.get()

    names = ("shown", "failed", "passed_later", "passed_at_once")
    before = [count(name) for name in names]
    visitor.opens()
    fails(visitor, 1)
    visitor.answers(name="Wamytan")
    visitor.opens()
    visitor.answers(name="Wamytan")
    after = [count(name) for name in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [3, 1, 1, 1]


def test_the_other_tests_asked_for_are_measured_apart(visitor):
    counter = metrics.CAPTCHA.labels("images", "passed_at_once", "1")
    before = counter._value.get()
    visitor.presses("captcha_autre")
    visitor.answers(name="Wamytan")
    assert counter._value.get() == before + 1


def test_the_sound_has_a_name(visitor):
    visitor.presses("captcha_audio")
    assert 'aria-label="Code du test, à écouter"' in visitor.page
