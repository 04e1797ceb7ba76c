"""Durations in words: the largest unit that tells them exactly, in the reader's language."""

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import translation

from ncconnect import durations


@pytest.mark.parametrize(
    ("duration", "french", "english"),
    [
        (timedelta(minutes=1), "1 minute", "1 minute"),
        (timedelta(minutes=45), "45 minutes", "45 minutes"),
        (timedelta(hours=1), "1 heure", "1 hour"),
        (timedelta(minutes=90), "90 minutes", "90 minutes"),
        (timedelta(hours=24), "24 heures", "24 hours"),
        (timedelta(hours=48), "48 heures", "48 hours"),
        (timedelta(hours=49), "49 heures", "49 hours"),
        (timedelta(hours=72), "3 jours", "3 days"),
        (timedelta(days=180), "180 jours", "180 days"),
        (timedelta(days=365), "12 mois", "12 months"),
        (timedelta(seconds=61), "2 minutes", "2 minutes"),
    ],
)
def test_a_duration_is_told_as_people_say_it(duration, french, english):
    told = durations.lazily(duration)
    for language, words in (("fr", french), ("en", english)):
        with translation.override(language):
            assert durations.in_words(duration) == words
            assert str(told) == words


def rendered(setting: str) -> str:
    return Template(f'{{% load durations %}}{{% lifetime "{setting}" %}}').render(Context())


def test_a_template_names_the_setting(settings):
    settings.SESSION_IDLE_TIME = timedelta(minutes=20)
    settings.LANGUAGE_COOKIE_AGE = 7200
    with translation.override("fr"):
        assert rendered("SESSION_IDLE_TIME") == "20 minutes"
        assert rendered("LANGUAGE_COOKIE_AGE") == "2 heures"


@pytest.mark.parametrize(
    ("setting", "error"), [("NO_SUCH_TIME", AttributeError), ("SECRET_KEY", TypeError)]
)
def test_what_is_no_duration_is_a_fault_that_the_first_look_shows(setting, error):
    with pytest.raises(error):
        rendered(setting)
