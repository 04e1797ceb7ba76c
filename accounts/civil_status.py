"""What a civil identity may say: names, birth date, the COG codes of a place and of a country.

The rules of the columns of accounts.models.Identity, in the reader's language. The model asks for
them whenever a row is written, whoever writes it: a form, a command, the administration.
"""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ncconnect.constraints import of_form

MAX_NAME = 256
NO_YEAR, A_LEAP_YEAR = "0000", 1904
_BIRTHDATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
# The forms that the database itself holds the columns to, in what PostgreSQL and Python both read.
# That a day is in the calendar, and in the past, is for the rules below.
_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
BIRTHDATE = f"{NO_YEAR}-{_MONTH}-{_DAY}|(?!{NO_YEAR})[0-9]{{4}}(?:-{_MONTH}(?:-{_DAY})?)?"
PLACE = "(?:2[AB]|[0-9]{2})[0-9]{3}"
COUNTRY = "99[0-9]{3}"

NOT_A_DATE = _("Écrivez la date comme 1980-05-12, 1980-05 ou 1980 : ce qui n’est pas su manque.")
NOT_A_PLACE = _("Ce n’est pas le code COG d’une commune, comme 98818 (Nouméa).")
NOT_A_COUNTRY = _("Ce n’est pas le code COG d’un pays, comme 99100 (France).")

# Those rules, as accounts.models.Identity hands them to the database.
HELD = [
    of_form("birthdate", BIRTHDATE, name="birthdate_is_a_date", violation_error_message=NOT_A_DATE),
    of_form("birthplace", PLACE, name="birthplace_is_a_code", violation_error_message=NOT_A_PLACE),
    of_form(
        "birthcountry",
        COUNTRY,
        name="birthcountry_is_a_code",
        violation_error_message=NOT_A_COUNTRY,
    ),
    of_form("gender", "female|male", name="gender_is_known"),
    CheckConstraint(condition=Q(level__range=(0, 2)), name="level_is_known"),
]


class NotYet(ValidationError):
    """A date that is still to come."""


def check_name(name: str) -> None:
    if not name.isprintable() or len(name) > MAX_NAME:
        raise ValidationError(_("Ce nom est trop long, ou un de ses caractères ne s’écrit pas."))


def check_names(names: object) -> None:
    """Given names are a list: compound ones stay whole."""
    if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
        raise ValidationError(_('Écrivez une liste de prénoms, comme ["Moana", "Jean-Marie"].'))
    for name in names:
        check_name(name)


def check_birthdate(text: str) -> None:
    """YYYY, YYYY-MM or YYYY-MM-DD, in the past.

    « The year MAY be 0000, indicating that it is omitted » (Core, section 5.1): a birthday.
    """
    match = _BIRTHDATE.fullmatch(text)
    try:
        year, month, day = match.groups(default="01")
        birthday = year == NO_YEAR and match[3]
        earliest = date(A_LEAP_YEAR if birthday else int(year), int(month), int(day))
    except (AttributeError, ValueError):
        raise ValidationError(
            _("Écrivez la date comme 1980-05-12, 1980-05 ou 1980 : ce qui n’est pas su manque.")
        ) from None
    if earliest > timezone.localdate():
        raise NotYet(_("Cette date n’est pas encore passée."))


def check_place(code: str) -> None:
    if not re.fullmatch(PLACE, code):
        raise ValidationError(NOT_A_PLACE)


def check_country(code: str) -> None:
    if not re.fullmatch(COUNTRY, code):
        raise ValidationError(NOT_A_COUNTRY)
