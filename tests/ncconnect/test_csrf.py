"""The letters of the form protection are drawn at once, and no worse."""

from collections import Counter

import pytest
from django.middleware import csrf as django_csrf
from django.test import RequestFactory

from ncconnect import csrf

LETTERS = django_csrf.CSRF_ALLOWED_CHARS


def test_django_takes_its_letters_here(monkeypatch):
    asked = []
    monkeypatch.setattr(csrf.secrets, "randbelow", lambda size: asked.append(size) or 0)
    token = django_csrf.get_token(RequestFactory().get("/"))
    assert token == LETTERS[0] * 64
    assert asked == [len(LETTERS) ** 32] * 2  # a secret and its mask


def test_every_text_has_one_number(monkeypatch):
    numbers = iter(range(3**4))
    monkeypatch.setattr(csrf.secrets, "randbelow", lambda size: next(numbers))
    assert len({csrf.letters(4, "abc") for _ in range(3**4)}) == 3**4


@pytest.mark.parametrize("place", [0, 15, 31])
def test_every_letter_comes_at_every_place(place):
    drawn = Counter(csrf.letters(32, LETTERS)[place] for _ in range(4000))
    assert set(drawn) == set(LETTERS)


def test_no_two_are_the_same():
    assert len({csrf.letters(32, LETTERS) for _ in range(1000)}) == 1000
