"""Lifetimes in the texts of pages and mails, by the name of the setting that decides them."""

from datetime import timedelta

from django.conf import settings
from django.template import Library

from ncconnect import durations

register = Library()


@register.simple_tag
def lifetime(setting: str) -> str:
    """``{% lifetime "ACTIVATION_LINK_TIME" as lifetime %}``: « 24 heures ».

    AttributeError for a setting that there is not, TypeError for one that is no duration.
    """
    value = getattr(settings, setting)
    if isinstance(value, int):  # Django's own are in seconds
        value = timedelta(seconds=value)
    if not isinstance(value, timedelta):
        raise TypeError(f"{setting} is no duration")
    return durations.in_words(value)
