"""What travels through browsers and mails comes back as it left, to whom it is for, in time."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ncconnect.sealed import KeySeal, Seal, TooOld, Unreadable

HOUR = Seal("a page", version=1, age=timedelta(hours=1))
EVER = Seal("a page for ever", version=1, age=None)
ROW = KeySeal("a row", version=1)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text("abc"), inside),
)


@given(VALUES, st.text(st.characters(codec="utf-8")))
def test_it_comes_back_as_it_left(value, audience):
    assert HOUR.open(HOUR.close(value, audience=audience), audience=audience) == value


def test_an_address_can_carry_it_and_nobody_reads_it():
    text = HOUR.close(["moana@exemple.nc"] * 50)
    assert text.replace("-", "").replace("_", "").isalnum()
    assert "moana" not in text
    assert len(text) < 200  # repeated words are deflated


def test_a_row_s_key_is_always_the_same_text():
    key = uuid4()
    assert ROW.close(key) == ROW.close(key)
    assert ROW.open(ROW.close(key)) == key
    assert len(ROW.close(key)) == 43
    assert key.hex not in ROW.close(key)


@pytest.mark.parametrize(
    "other",
    [
        Seal("another page", version=1, age=None),
        Seal("a page for ever", version=2, age=None),
        HOUR,
    ],
)
def test_another_name_or_version_is_unreadable(other):
    with pytest.raises(Unreadable):
        other.open(EVER.close("x"))


def test_a_value_is_for_its_audience():
    text = EVER.close("x", audience="Moana")
    assert EVER.open(text, audience="Moana") == "x"
    for audience in ("", "Jean"):
        with pytest.raises(Unreadable):
            EVER.open(text, audience=audience)


def test_no_part_lends_letters_to_the_next():
    text = Seal("a", version=1, age=None).close("x", audience="bc")
    with pytest.raises(Unreadable):
        Seal("ab", version=1, age=None).open(text, audience="c")


def test_it_is_taken_until_its_age_and_not_a_second_longer():
    text = HOUR.close("x")
    with time_machine.travel(timezone.now() + timedelta(minutes=59, seconds=58)):
        assert HOUR.open(text) == "x"
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=2)), pytest.raises(TooOld):
        HOUR.open(text)


def test_without_an_age_it_is_taken_for_ever():
    text = EVER.close("x")
    with time_machine.travel(timezone.now() + timedelta(days=10_000)):
        assert EVER.open(text) == "x"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "=",
        "A" * 22,
        "A" * 43,
        "A" * 10_000,
        "é" * 43,
        "\0" * 43,
        "../" + "A" * 40,
        "+/" * 22,
    ],
)
def test_what_was_never_sealed_is_unreadable(text):
    for seal in (HOUR, ROW):
        with pytest.raises(Unreadable):
            seal.open(text)


@pytest.mark.parametrize("seal", [EVER, ROW])
def test_any_altered_letter_is_unreadable(seal):
    text = seal.close(UUID(int=7) if seal is ROW else "x")
    for place in range(len(text)):
        for other in "AB8":
            if text[place] != other:
                with pytest.raises(Unreadable):
                    seal.open(text[:place] + other + text[place + 1 :])


def test_a_key_of_another_kind_of_value_is_no_row():
    same = KeySeal("a page for ever", version=1)
    with pytest.raises(Unreadable):
        same.open(EVER.close("a long enough text"))


@pytest.mark.parametrize("seal", [EVER, ROW])
def test_a_former_secret_key_still_opens_and_no_other_does(seal, settings):
    text = seal.close(value := uuid4() if seal is ROW else "x")
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "another" * 10
    settings.SECRET_KEY_FALLBACKS = [former]
    assert seal.open(text) == value
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unreadable):
        seal.open(text)
