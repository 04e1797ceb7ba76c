"""A moment is told as people tell it, by the clock of New Caledonia."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from ncconnect import moments


@pytest.fixture(autouse=True)
def _eleven_in_the_morning(time_machine):
    time_machine.move_to(datetime(2026, 11, 28, 0, 0, tzinfo=UTC), tick=False)


@pytest.mark.parametrize(
    ("at", "french", "english"),
    [
        ("2026-11-27T13:00", "aujourd’hui à 0 h 00", "today at 00:00"),
        ("2026-11-27T12:59", "hier à 23 h 59", "yesterday at 23:59"),
        ("2026-11-26T12:59", "le 26 novembre 2026 à 23 h 59", "on Nov. 26, 2026 at 23:59"),
    ],
)
def test_today_yesterday_or_a_day(at, french, english):
    moment = datetime.fromisoformat(f"{at}+00:00")
    assert moments.in_words(moment).replace("\u00a0", " ") == french
    with translation.override("en"):
        assert moments.in_words(moment) == english


def test_an_hour_is_not_broken_at_the_end_of_a_line():
    assert moments.in_words(datetime(2026, 11, 27, 22, 5, tzinfo=UTC)).endswith("9\u00a0h\u00a005")
