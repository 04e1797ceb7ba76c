"""A moment as a person says it: « aujourd’hui à 9 h 50 », « hier à 18 h 05 »."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

NO_BREAK = "\u00a0"


def in_words(moment: datetime) -> str:
    """Of the day of New Caledonia; the hour is not broken at the end of a line."""
    local, today = timezone.localtime(moment), timezone.localdate()
    time = {"time": date_format(local, _("G \\h i")).replace(" ", NO_BREAK)}
    if local.date() == today:
        return _("aujourd’hui à %(time)s") % time
    if local.date() == today - timedelta(days=1):
        return _("hier à %(time)s") % time
    day = {"day": date_format(local, "DATE_FORMAT")}
    return _("le %(day)s à %(time)s") % (day | time)
