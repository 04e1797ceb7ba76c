"""What a civil identity may say: names, birth date, the COG codes of a place and of a country.

The rules of the columns of accounts.models.Identity, in the reader's language. The model asks for
them whenever a row is written, whoever writes it: a form, a command, the administration.
"""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_NAME = 256
BIRTHDATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
NO_YEAR, A_LEAP_YEAR = "0000", 1904
_PLACE = re.compile(r"(?:2[AB]|[0-9]{2})[0-9]{3}")
_COUNTRY = re.compile(r"99[0-9]{3}")


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
    match = BIRTHDATE.fullmatch(text)
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
    if not _PLACE.fullmatch(code):
        raise ValidationError(_("Ce n’est pas le code COG d’une commune, comme 98818 (Nouméa)."))


def check_country(code: str) -> None:
    if not _COUNTRY.fullmatch(code):
        raise ValidationError(_("Ce n’est pas le code COG d’un pays, comme 99100 (France)."))
