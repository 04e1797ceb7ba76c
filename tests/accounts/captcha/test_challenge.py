"""Issuing, verifying and redeeming, without a page."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import purge
from accounts.captcha import catalogue
from accounts.captcha import challenge as tests
from accounts.captcha.models import CaptchaChallenge

VISITOR, STRANGER = "a" * 64, "b" * 64

pytestmark = pytest.mark.django_db


def issue(**options) -> tests.Challenge:
    return tests.issue(visitor=VISITOR, **options)


def unsaved(number: int) -> tests.Challenge:
    """A challenge as it would be issued, without its row in the database."""
    return tests.Challenge(CaptchaChallenge(salt=f"{number:032x}", kind="images"), "address")


def answer_to(test: tests.Challenge) -> dict:
    if test.row.kind == tests.Kind.AUDIO:
        return {"code": test.code}
    return {"values": sorted(test.right_values)}


def test_answers_are_all_the_sets_of_one_to_three_places():
    sizes = Counter(len(answer) for answer in tests.ANSWERS)
    assert sizes == {1: 9, 2: 36, 3: 84}
    assert len(set(tests.ANSWERS)) == 129


def test_the_answer_is_uniform_over_the_129_sets():
    """A blind guess succeeds 0.78 % of the time: no set of places is likelier than another."""
    draws = 129 * 60
    seen = Counter(unsaved(number)._draw[1] for number in range(draws))
    chi_squared = sum((seen[answer] - 60) ** 2 / 60 for answer in tests.ANSWERS)
    # 128 degrees of freedom: mean 128, standard deviation 16. The draws are fixed by their seeds.
    assert 128 - 4 * 16 < chi_squared < 128 + 4 * 16


def test_only_the_right_pictures_show_the_word():
    by_slug = {concept.slug: concept for concept in catalogue.concepts()}
    for number in range(300):
        test = unsaved(number)
        shown = [slot.drawing.slug for slot in test.slots]
        right = {slot.value for slot in test.slots if slot.drawing.slug == test.concept.slug}
        wrong = [slug for slug in shown if slug != test.concept.slug]
        assert right == test.right_values
        assert len(set(wrong)) == len(wrong)
        assert all(by_slug[slug].category != test.concept.category for slug in wrong)


def test_right_pictures_are_different_drawings():
    for number in range(300):
        test = unsaved(number)
        drawings = {s.drawing for s in test.slots if s.drawing.slug == test.concept.slug}
        assert len(drawings) == min(len(test.right_values), len(test.concept.sets))


def test_the_table_does_not_hold_the_token_nor_the_address_of_the_pictures():
    test = issue()
    stored = "|".join(str(value) for value in vars(CaptchaChallenge.objects.get()).values())
    assert test.token not in stored
    assert test.address not in stored
    assert all(slot.value not in stored for slot in test.slots)


def test_a_test_is_the_same_whenever_it_is_read():
    test = issue()
    again = tests.find(token=test.token, visitor=VISITOR)
    by_address = tests.find_by_address(address=test.address, visitor=VISITOR)
    assert again.slots == by_address.slots == test.slots
    assert again.concept == test.concept
    assert again.code == test.code


@pytest.mark.parametrize("kind", ["images", "audio"])
def test_the_right_answer_passes_once(kind):
    test = issue(kind=kind)
    assert tests.verify(challenge=test, **answer_to(test))
    assert tests.find(token=test.token, visitor=VISITOR).is_passed
    assert not tests.verify(challenge=test, **answer_to(test))


@pytest.mark.parametrize("kind", ["images", "audio"])
def test_a_wrong_answer_consumes_the_test(kind):
    test = issue(kind=kind)
    assert not tests.verify(challenge=test, values=["000000"], code="1")
    assert not tests.verify(challenge=test, **answer_to(test))
    found = tests.find(token=test.token, visitor=VISITOR)
    assert not found.is_open
    assert not found.is_passed


@pytest.mark.parametrize(
    "values",
    [[], [""], ["zzzzzz"], ["\x00"], ["é" * 7], ["x" * 1_000_000], ["000000"] * 10_000],
    ids=["none", "empty", "unknown", "nul", "accents", "long", "many"],
)
def test_garbage_is_a_wrong_answer(values):
    assert not tests.verify(challenge=issue(), values=values)


def test_one_picture_too_many_or_too_few_is_wrong():
    for _attempt in range(5):
        test = issue()
        everything = [slot.value for slot in test.slots]
        assert not tests.verify(challenge=test, values=everything)
        test = issue()
        assert not tests.verify(challenge=test, values=sorted(test.right_values)[1:])


@pytest.mark.parametrize("code", ["", "12345", "1" * 1_000_000, "١٢٣٤٥٦", "abcdef", "\x00"])
def test_garbage_is_a_wrong_code(code):
    assert not tests.verify(challenge=issue(kind="audio"), code=code)


def test_a_code_may_be_typed_with_spaces():
    test = issue(kind="audio")
    assert tests.verify(challenge=test, code=f" {test.code[:3]} {test.code[3:]}\u00a0")


@pytest.mark.parametrize("token", ["", "x", "g" * 32, "0" * 32, "0" * 1_000_000, "é\x00"])
def test_an_unknown_token_is_nothing(token):
    issue()
    assert tests.find(token=token, visitor=VISITOR) is None
    assert not tests.redeem(token=token, visitor=VISITOR)


def test_a_test_belongs_to_the_visitor_it_was_shown_to():
    test = issue()
    assert tests.find(token=test.token, visitor=STRANGER) is None
    assert tests.find_by_address(address=test.address, visitor=STRANGER) is None
    tests.verify(challenge=test, **answer_to(test))
    assert not tests.redeem(token=test.token, visitor=STRANGER)
    assert tests.redeem(token=test.token, visitor=VISITOR)


def test_a_test_expires_after_twenty_minutes(time_machine):
    time_machine.move_to(timezone.now())
    test = issue()
    time_machine.shift(timedelta(minutes=20))
    assert tests.find(token=test.token, visitor=VISITOR) is None
    assert not tests.verify(challenge=test, **answer_to(test))


def test_a_passed_test_lives_twenty_minutes_more(time_machine):
    time_machine.move_to(timezone.now())
    test = issue()
    time_machine.shift(timedelta(minutes=19))
    assert tests.verify(challenge=test, **answer_to(test))
    time_machine.shift(timedelta(minutes=19))
    assert tests.redeem(token=test.token, visitor=VISITOR)


def test_a_passed_test_expires_too(time_machine):
    time_machine.move_to(timezone.now())
    test = issue()
    tests.verify(challenge=test, **answer_to(test))
    time_machine.shift(timedelta(minutes=20))
    assert not tests.redeem(token=test.token, visitor=VISITOR)


def test_a_passed_test_is_redeemed_once():
    test = issue()
    assert not tests.redeem(token=test.token, visitor=VISITOR)
    tests.verify(challenge=test, **answer_to(test))
    assert tests.redeem(token=test.token, visitor=VISITOR)
    assert not tests.redeem(token=test.token, visitor=VISITOR)


def test_another_test_is_plainer_and_ends_the_first():
    first = issue()
    second = tests.another(challenge=first)
    assert second.row.level == first.row.level - 1
    assert not tests.verify(challenge=first, **answer_to(first))
    assert tests.verify(challenge=second, **answer_to(second))


def test_the_distortion_never_goes_below_zero_and_renewals_are_counted():
    test = issue(level=1)
    for _renewal in range(tests.MOST_RENEWALS):
        test = tests.another(challenge=test)
    assert test.row.level == 0
    with pytest.raises(tests.TooManyRenewals):
        tests.another(challenge=test)
    assert tests.verify(challenge=test, **answer_to(test))


def test_changing_for_the_other_kind_is_not_plainer():
    test = issue()
    assert tests.another(challenge=test, kind="audio").row.level == test.row.level


def test_only_expired_tests_are_purged(django_assert_max_num_queries):
    kept = issue()
    for _number in range(3):
        issue()
    CaptchaChallenge.objects.exclude(pk=kept.row.pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    with django_assert_max_num_queries(2):
        assert purge.captcha_challenges() == 3
    assert purge.captcha_challenges() == 0
    assert CaptchaChallenge.objects.get().pk == kept.row.pk
