"""Showing, verifying and redeeming, without a page."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import purge
from accounts.captcha import catalogue, rendering
from accounts.captcha import challenge as tests
from accounts.captcha.models import CaptchaAnswer

VISITOR, STRANGER = "a" * 64, "b" * 64

pytestmark = pytest.mark.django_db


def shown(**how) -> tests.Challenge:
    return tests.Challenge(tests.Facts(visitor=VISITOR, **how))


def numbered(number: int) -> tests.Challenge:
    """The same test each time."""
    return shown(seed=f"{number:032x}")


def answer_to(test: tests.Challenge) -> dict:
    if test.facts.kind == tests.Kind.AUDIO:
        return {"code": test.code}
    return {"values": sorted(test.right_values)}


def found(test: tests.Challenge, visitor: str = VISITOR) -> tests.Challenge | None:
    return tests.find(token=test.token, visitor=visitor)


def test_answers_are_all_the_sets_of_one_to_four_places():
    sizes = Counter(len(answer) for answer in tests.ANSWERS)
    assert sizes == {1: 9, 2: 36, 3: 84, 4: 126}
    assert len(set(tests.ANSWERS)) == 255


def test_the_answer_is_uniform_over_the_255_sets():
    """A blind guess succeeds 0.39 % of the time: no set of places is likelier than another."""
    draws = 255 * 30
    seen = Counter(numbered(number)._draw[1] for number in range(draws))
    chi_squared = sum((seen[answer] - 30) ** 2 / 30 for answer in tests.ANSWERS)
    # 254 degrees of freedom: mean 254, standard deviation 22.5. The draws are fixed by their seeds.
    assert 254 - 4 * 22.5 < chi_squared < 254 + 4 * 22.5


def test_only_the_right_pictures_show_the_word():
    by_slug = {concept.slug: concept for concept in catalogue.concepts()}
    for number in range(300):
        test = numbered(number)
        slugs = [slot.drawing.slug for slot in test.slots]
        right = {slot.value for slot in test.slots if slot.drawing.slug == test.concept.slug}
        wrong = [slug for slug in slugs if slug != test.concept.slug]
        assert right == test.right_values
        assert len(set(wrong)) == len(wrong)
        assert all(by_slug[slug].category != test.concept.category for slug in wrong)


def test_wrong_pictures_are_what_a_machine_confuses_with_the_word():
    concepts = catalogue.concepts()
    numbers = {concept.slug: number for number, concept in enumerate(concepts)}
    for number in range(100):
        test = numbered(number)
        near = catalogue.lookalikes()[numbers[test.concept.slug]]
        slugs = {slot.drawing.slug for slot in test.slots} - {test.concept.slug}
        assert {numbers[slug] for slug in slugs} <= set(near)


def test_right_pictures_are_different_drawings_while_there_are_some():
    for number in range(300):
        test = numbered(number)
        drawings = {s.drawing for s in test.slots if s.drawing.slug == test.concept.slug}
        assert len(drawings) == min(len(test.right_values), len(test.concept.sets))


def test_what_the_browser_holds_is_sealed():
    """Neither the form's token nor the address of the pictures can be read, or made up."""
    test = numbered(1)
    for sealed in (test.token, test.address):
        assert test.facts.seed not in sealed
        altered = sealed[:-1] + ("A" if sealed[-1] != "A" else "B")
        assert tests.find(token=altered, visitor=VISITOR) is None
        assert tests.find_by_address(address=altered, visitor=VISITOR) is None


def test_the_address_of_the_pictures_is_no_token_nor_the_token_an_address():
    test = shown()
    assert tests.find(token=test.address, visitor=VISITOR) is None
    assert tests.find_by_address(address=test.token, visitor=VISITOR) is None


def test_a_test_that_is_only_shown_writes_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        test = tests.first(visitor=VISITOR)
        assert tests.another(challenge=test).token
    assert not CaptchaAnswer.objects.exists()


def test_the_row_of_an_answer_tells_nothing_of_the_test():
    test = shown()
    tests.verify(challenge=test, **answer_to(test))
    stored = "|".join(str(value) for value in CaptchaAnswer.objects.values_list().get())
    assert test.facts.seed not in stored
    assert not any(slot.value in stored for slot in test.slots)


def test_a_test_is_the_same_whenever_it_is_read():
    test = shown()
    again = found(test)
    by_address = tests.find_by_address(address=test.address, visitor=VISITOR)
    assert again.slots == by_address.slots == test.slots
    assert again.concept == test.concept
    assert again.code == test.code
    assert by_address.ground == test.ground


def test_the_parts_of_a_test_tell_nothing_of_each_other():
    test = shown()
    seeds = {test.seed(purpose) for purpose in ("draw", "values", "code", "sound", "pictures")}
    assert len(seeds) == 5
    assert test.ground not in seeds


def test_grounds_change_every_hour_and_follow_from_the_secret(settings):
    """Who has the package has no ground to take away from the pictures."""
    now = numbered(1)
    later = tests.Challenge(replace(now.facts, at=now.facts.at + 3600))
    assert later.ground != now.ground
    before = now.ground
    settings.SECRET_KEY = "another-secret-" * 5
    assert now.ground != before


@pytest.mark.parametrize("kind", ["images", "audio"])
def test_the_right_answer_passes_once(kind):
    test = shown(kind=kind)
    assert tests.verify(challenge=test, **answer_to(test)).is_passed
    assert found(test).is_passed
    assert tests.verify(challenge=test, **answer_to(test)) is None


@pytest.mark.parametrize("kind", ["images", "audio"])
def test_a_wrong_answer_consumes_the_test(kind):
    test = shown(kind=kind)
    assert tests.verify(challenge=test, values=["000000"], code="1") is None
    assert tests.verify(challenge=test, **answer_to(test)) is None
    assert not found(test).is_open
    assert not found(test).is_passed


def test_an_answer_changes_nothing_of_another_test():
    mine, other = shown(), shown()
    tests.verify(challenge=mine, **answer_to(mine))
    assert found(other).is_open
    assert tests.verify(challenge=other, **answer_to(other))


@pytest.mark.parametrize(
    "values",
    [[], [""], ["zzzzzz"], ["\x00"], ["é" * 7], ["x" * 1_000_000], ["000000"] * 10_000],
    ids=["none", "empty", "unknown", "nul", "accents", "long", "many"],
)
def test_garbage_is_a_wrong_answer(values):
    assert tests.verify(challenge=shown(), values=values) is None


def test_one_picture_too_many_or_too_few_is_wrong():
    """No tolerance: one missed picture forgiven more than doubles a machine's rate."""
    for number in range(5):
        test = numbered(number)
        everything = [slot.value for slot in test.slots]
        wrong = [value for value in everything if value not in test.right_values]
        right = sorted(test.right_values)
        assert not test.accepts(values=everything, code="")
        assert not test.accepts(values=right[1:], code="")
        assert not test.accepts(values=[*right, wrong[0]], code="")
        assert test.accepts(values=right, code="")


@pytest.mark.parametrize("code", ["", "12345", "1" * 1_000_000, "١٢٣٤٥٦", "abcdef", "\x00"])
def test_garbage_is_a_wrong_code(code):
    assert tests.verify(challenge=shown(kind="audio"), code=code) is None


def test_a_code_may_be_typed_with_spaces():
    test = shown(kind="audio")
    assert tests.verify(challenge=test, code=f" {test.code[:3]} {test.code[3:]}\u00a0")


@pytest.mark.parametrize("token", ["", "x", "g" * 32, "0" * 32, "0" * 1_000_000, "é\x00"])
def test_an_unknown_token_is_nothing(token):
    assert tests.find(token=token, visitor=VISITOR) is None
    assert not tests.redeem(token=token, visitor=VISITOR)


def test_a_test_belongs_to_the_visitor_it_was_shown_to():
    test = shown()
    assert found(test, STRANGER) is None
    assert tests.find_by_address(address=test.address, visitor=STRANGER) is None
    tests.verify(challenge=test, **answer_to(test))
    assert not tests.redeem(token=test.token, visitor=STRANGER)
    assert tests.redeem(token=test.token, visitor=VISITOR)


def test_a_test_expires_after_twenty_minutes(time_machine):
    time_machine.move_to(timezone.now())
    test = shown()
    time_machine.shift(timedelta(minutes=20))
    assert found(test) is None
    assert tests.find_by_address(address=test.address, visitor=VISITOR) is None
    assert tests.verify(challenge=test, **answer_to(test)) is None


def test_a_token_that_is_sealed_again_lives_no_longer(time_machine):
    """A form that is shown again, with its errors, carries the same test."""
    time_machine.move_to(timezone.now())
    first = shown()
    time_machine.shift(timedelta(minutes=19))
    again = found(first)
    time_machine.shift(timedelta(minutes=2))
    assert again.token != first.token
    assert found(again) is None


def test_a_passed_test_lives_twenty_minutes_more(time_machine):
    time_machine.move_to(timezone.now())
    test = shown()
    time_machine.shift(timedelta(minutes=19))
    assert tests.verify(challenge=test, **answer_to(test))
    time_machine.shift(timedelta(minutes=19))
    assert tests.redeem(token=test.token, visitor=VISITOR)


def test_a_passed_test_expires_too(time_machine):
    time_machine.move_to(timezone.now())
    test = shown()
    tests.verify(challenge=test, **answer_to(test))
    time_machine.shift(timedelta(minutes=20))
    assert not tests.redeem(token=test.token, visitor=VISITOR)


def test_a_passed_test_is_redeemed_once():
    test = shown()
    assert not tests.redeem(token=test.token, visitor=VISITOR)
    tests.verify(challenge=test, **answer_to(test))
    assert tests.redeem(token=test.token, visitor=VISITOR)
    assert not tests.redeem(token=test.token, visitor=VISITOR)


def test_a_test_answered_wrongly_is_never_redeemed():
    test = shown()
    tests.verify(challenge=test, values=["000000"])
    assert not tests.redeem(token=test.token, visitor=VISITOR)


def test_the_first_of_two_tests_opens_nothing():
    test = shown(left=2)
    answered = tests.verify(challenge=test, **answer_to(test))
    assert not answered.is_passed
    assert not tests.redeem(token=test.token, visitor=VISITOR)
    second = tests.next_in_a_row(answered)
    assert tests.verify(challenge=second, **answer_to(second)).is_passed
    assert tests.redeem(token=second.token, visitor=VISITOR)


def test_a_wrong_answer_to_the_second_of_two_asks_for_the_whole_row_again():
    second = shown(left=1, level=rendering.PLAINEST)
    again = tests.asking(tests.after_failure(second), more=False)
    assert again.facts.left == 2


def test_another_test_is_plainer():
    first = shown()
    levels = []
    test = first
    for _renewal in range(4):
        test = tests.another(challenge=test)
        levels.append(test.facts.level)
    assert levels == [1, 2, 2, 2]
    assert test.facts.renewals == 4


@pytest.mark.parametrize(("level", "more", "left"), [(0, 0, 1), (1, 0, 1), (2, 0, 2), (2, 1, 3)])
def test_the_plainest_pictures_are_no_cheap_door(level, more, left):
    """A robot presses « Autres images » too: what it gains, a second test takes."""
    assert tests.asking(shown(level=level), more=bool(more)).facts.left == left


def test_renewals_end():
    test = shown()
    for _renewal in range(tests.MOST_RENEWALS):
        test = tests.another(challenge=test)
    with pytest.raises(tests.TooManyRenewals):
        tests.another(challenge=test)
    assert tests.verify(challenge=test, **answer_to(test))


def test_changing_for_the_other_kind_is_not_plainer():
    plain = shown(level=2)
    assert tests.another(challenge=plain, kind="audio").facts.level == 0


def test_only_expired_answers_are_purged(django_assert_max_num_queries):
    kept, *others = (shown() for _number in range(4))
    for test in (kept, *others):
        tests.verify(challenge=test, **answer_to(test))
    old = CaptchaAnswer.objects.exclude(pk=kept.seed("answer"))
    old.update(expires_at=timezone.now() - timedelta(seconds=1))
    with django_assert_max_num_queries(2):
        assert purge.captcha_answers() == 3
    assert purge.captcha_answers() == 0
    assert bytes(CaptchaAnswer.objects.get().pk) == kept.seed("answer")


def test_a_purged_answer_does_not_open_its_test_again(time_machine):
    time_machine.move_to(timezone.now())
    test = shown()
    tests.verify(challenge=test, values=["000000"])
    time_machine.shift(timedelta(minutes=20))
    purge.captcha_answers()
    assert not CaptchaAnswer.objects.exists()
    assert tests.verify(challenge=test, **answer_to(test)) is None
