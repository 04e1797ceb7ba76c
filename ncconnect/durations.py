"""A duration as a person reads it: « 1 heure », « 24 heures », « 45 minutes », « 30 jours ».

The setting that decides it says it: no text that a person reads has a lifetime of its own.
"""

from datetime import timedelta

from django.utils.functional import lazystr
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
YEAR = 365 * DAY
LONGEST_IN_HOURS = 2 * DAY  # « 48 heures », and then « 3 jours »


def in_words(duration: timedelta) -> str:
    """In the largest unit that tells it exactly; what no unit does is rounded up to the minute."""
    if not duration % YEAR:
        return _months(12 * (duration // YEAR))
    if not duration % DAY and duration > LONGEST_IN_HOURS:
        return _days(duration // DAY)
    if not duration % HOUR:
        return hours(duration // HOUR)
    return minutes(-(-duration // MINUTE))


def lazily(duration: timedelta) -> str:
    """For a text that is written before its reader's language is known."""
    return lazystr(_Later(duration))


class _Later:
    def __init__(self, duration: timedelta):
        self.duration = duration

    def __str__(self) -> str:
        return in_words(self.duration)


def minutes(number: int) -> str:
    return ngettext("%(number)d minute", "%(number)d minutes", number) % {"number": number}


def hours(number: int) -> str:
    return ngettext("%(number)d heure", "%(number)d heures", number) % {"number": number}


def _days(number: int) -> str:
    return ngettext("%(number)d jour", "%(number)d jours", number) % {"number": number}


def _months(number: int) -> str:
    return ngettext("%(number)d mois", "%(number)d mois", number) % {"number": number}
