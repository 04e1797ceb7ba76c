"""A person in the words of OpenID Connect: what a claim of that name may say, and where it is kept.

``name`` and ``updated_at`` are derived from the rest: they may be given, and are not kept. So is
the ``formatted`` address, where its other members are given.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from accounts.models import Details, Identity, User
from ncconnect import text

COG_PLACE = re.compile(r"(?:2[AB]|[0-9]{2})[0-9]{3}")
COG_COUNTRY = re.compile(r"99[0-9]{3}")
BIRTHDATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
NO_YEAR, A_LEAP_YEAR = "0000", 1904
MAX_NAME = 256
DERIVED = ("name", "updated_at")


class InvalidClaims(ValueError):
    """One or more claims cannot be stored; the text names each of them and says why."""


class _Fault(ValueError):
    pass


def _name(value: object) -> str:
    name = text.line(value) if isinstance(value, str) and len(value) <= 4 * MAX_NAME else None
    if name is None or not name.isprintable() or len(name) > MAX_NAME:
        raise _Fault(f"expected a name of at most {MAX_NAME} characters")
    return name


def _names(value: object) -> list[str]:
    """Given names: a list keeps compound names whole; a string is split at spaces."""
    names = value.split() if isinstance(value, str) else value
    if not isinstance(names, list):
        raise _Fault("expected a list of names, or names separated by spaces")
    return [_name(name) for name in names]


def _birthdate(value: object) -> str:
    """YYYY, YYYY-MM or YYYY-MM-DD; FranceConnect's -00 for an unknown part is understood.

    « The year MAY be 0000, indicating that it is omitted » (Core, section 5.1): a birthday.
    """
    written = re.sub(r"(-00)+$", "", value) if isinstance(value, str) else ""
    match = BIRTHDATE.fullmatch(written)
    try:
        year, month, day = match.groups(default="01")
        birthday = year == NO_YEAR and match[3]
        earliest = date(A_LEAP_YEAR if birthday else int(year), int(month), int(day))
    except (AttributeError, ValueError):
        raise _Fault("expected YYYY, YYYY-MM or YYYY-MM-DD") from None
    if earliest > timezone.localdate():
        raise _Fault("expected a date that has been")
    return written


def _gender(value: object) -> str:
    if value not in Identity.Gender.values:
        raise _Fault("expected female or male")
    return value


def _code(pattern: re.Pattern, example: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or (value and not pattern.fullmatch(value)):
            raise _Fault(f"expected a COG code of INSEE, such as {example}")
        return value

    return read


def _level(value: object) -> int:
    if isinstance(value, bool) or value not in Identity.Level.values:
        raise _Fault("expected 0, 1 or 2")
    return value


def _detail(column: str, expected: str, value: object) -> str:
    """What the column of Details accepts, in the administration too."""
    try:
        if not isinstance(value, str) or not value.isprintable():
            raise _Fault(f"expected {expected}")
        return Details._meta.get_field(column).clean(value.strip(), None)
    except ValidationError:
        raise _Fault(f"expected {expected}") from None


def _phone_number(value: object) -> str:
    number = text.phone_number(value) if isinstance(value, str) else value
    return _detail("phone_number", "a number in E.164 form, such as +687751234", number)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Fault("expected true or false")
    return value


def _lines(column: str, value: object) -> str:
    """Text of several lines (Core, section 5.1.1: CR LF or LF)."""
    written = value.replace("\r\n", "\n") if isinstance(value, str) else ""
    longest = Details._meta.get_field(column).max_length
    if not isinstance(value, str) or not all(map(str.isprintable, written.split("\n"))):
        raise _Fault("expected lines of text")
    if len(written) > longest:
        raise _Fault(f"expected at most {longest} characters")
    return "\n".join(map(text.line, written.strip().split("\n")))


def _language(value: object) -> str:
    """One that our pages have; a region is understood and not kept."""
    language = value.partition("-")[0].lower() if isinstance(value, str) else ""
    if language not in dict(settings.LANGUAGES):
        raise _Fault(f"expected a language of ours: {', '.join(dict(settings.LANGUAGES))}")
    return language


@dataclass(frozen=True)
class _Place:
    """Where a claim is kept, and its reader. Raises _Fault."""

    model: type[models.Model]
    column: str
    read: Callable[[Any], object]


def _identity(column: str, read: Callable[[object], object]) -> _Place:
    return _Place(Identity, column, read)


def _details(column: str, read: Callable[[object], object]) -> _Place:
    return _Place(Details, column, read)


def _page(column: str) -> _Place:
    return _details(column, partial(_detail, column, "an https:// address"))


CLAIMS = {
    "given_name": _identity("given_names", _names),
    "family_name": _identity("family_name", _name),
    "preferred_username": _identity("usage_name", _name),
    "customary_name": _identity("customary_name", _name),
    "birthdate": _identity("birthdate", _birthdate),
    "gender": _identity("gender", _gender),
    "birthplace": _identity("birthplace", _code(COG_PLACE, "98818 (Nouméa)")),
    "birthcountry": _identity("birthcountry", _code(COG_COUNTRY, "99100 (France)")),
    "verified": _identity("level", _level),
    "middle_name": _details("middle_name", _name),
    "nickname": _details("nickname", _name),
    "profile": _page("profile"),
    "picture": _page("picture"),
    "website": _page("website"),
    "zoneinfo": _details(
        "zoneinfo", partial(_detail, "zoneinfo", "an IANA time zone, such as Pacific/Noumea")
    ),
    "locale": _Place(User, "language", _language),
    "phone_number": _details("phone_number", _phone_number),
    "phone_number_verified": _details("phone_number_verified", _truth),
    "address.formatted": _details("formatted", partial(_lines, "formatted")),
    "address.street_address": _details("street_address", partial(_lines, "street_address")),
    "address.locality": _details("locality", _name),
    "address.region": _details("region", _name),
    "address.postal_code": _details(
        "postal_code", partial(_detail, "postal_code", "a postal code of at most 20 characters")
    ),
    "address.country": _details("country", _name),
}


def columns(claims: Mapping[str, object]) -> dict[type[models.Model], dict[str, object]]:
    """The columns that these claims fill, by model: User, Identity, Details.

    Raises InvalidClaims, with every fault at once.
    """
    result: dict[type[models.Model], dict[str, object]] = {}
    faults = []
    for claim, value in _members(claims):
        try:
            place = _place(claim)
            result.setdefault(place.model, {})[place.column] = place.read(value)
        except _Fault as fault:
            faults.append(f"{claim}: {fault}")
    details = result.get(Details, {})
    number = details.get("phone_number", claims.get("phone_number"))
    if details.get("phone_number_verified") and not number:
        faults.append("phone_number_verified: there is no phone_number")
    if any(details.get(column) for column in Details.ADDRESS):
        details.pop("formatted", None)
    if faults:
        raise InvalidClaims("; ".join(faults))
    if Identity in result:
        result[Identity].setdefault("level", Identity.Level.DECLARED)
    return result


def _members(claims: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Each claim that is kept, those of the address one by one as ``address.locality``."""
    for claim, value in claims.items():
        if claim == "address" and isinstance(value, dict):
            yield from ((f"address.{member}", part) for member, part in value.items())
        elif claim not in DERIVED:
            yield claim, value


def _place(claim: str) -> _Place:
    if claim == "address":
        raise _Fault("expected an object")
    if claim not in CLAIMS:
        raise _Fault("unknown claim")
    return CLAIMS[claim]
