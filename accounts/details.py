"""What the details of a person may be: phone numbers, addresses of pages, time zones.

The rules of the columns of accounts.models.Details, in the reader's language.
"""

import re
from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from ncconnect.constraints import of_form

# E.164: at most 15 digits. New Caledonia has 6 after its 687; which of them are given out changes.
# The database holds the column to it.
PHONE_NUMBER = r"\+(?:687[0-9]{6}|(?!687)[1-9][0-9]{6,14})"
NOT_A_NUMBER = _("Ce n’est pas un numéro au format international.")

# Partners show it as a link or a picture.
check_page = URLValidator(schemes=["https"])
# Of it the database holds what keeps a script out of a page: how it begins.
PAGE = "[Hh][Tt][Tt][Pp][Ss]://.+"

HELD = [
    of_form(
        "phone_number",
        PHONE_NUMBER,
        name="phone_number_is_a_number",
        violation_error_message=NOT_A_NUMBER,
    ),
    of_form("profile", PAGE, name="profile_is_a_page"),
    of_form("picture", PAGE, name="picture_is_a_page"),
    of_form("website", PAGE, name="website_is_a_page"),
]


def check_phone_number(text: str) -> None:
    if not re.fullmatch(PHONE_NUMBER, text):
        raise ValidationError(NOT_A_NUMBER)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_zone(text: str) -> None:
    if text not in _zones():
        raise ValidationError(_("Ce n’est pas le nom d’un fuseau horaire."))
