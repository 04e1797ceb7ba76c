"""A person in the words of OpenID Connect: what a claim of that name may say, and where it is kept.

``name`` and ``updated_at`` are derived from the rest: they may be given, and are not kept. So is
the ``formatted`` address, where its other members are given.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from accounts.civil_status import MAX_NAME, NotYet, check_birthdate
from accounts.models import Details, Identity, User
from ncconnect import text

NAME = f"a name of at most {MAX_NAME} characters"
DERIVED = ("name", "updated_at")


class InvalidClaims(ValueError):
    """One or more claims cannot be stored; the text names each of them and says why."""


class _Fault(ValueError):
    pass


def _kept(model: type[models.Model], column: str, expected: str, value: object):
    """What the column accepts from anybody (accounts.models: its validators)."""
    try:
        return model._meta.get_field(column).clean(value, None)
    except ValidationError:
        raise _Fault(f"expected {expected}") from None


def _line(value: object) -> str | None:
    """A name as it is kept; None for what is none, or is too long to be looked at."""
    is_text = isinstance(value, str) and len(value) <= 4 * MAX_NAME
    return text.line(value) if is_text else None


def _name(model: type[models.Model], column: str, value: object) -> str:
    name = _line(value)
    if name is None or not name.isprintable():
        raise _Fault(f"expected {NAME}")
    return _kept(model, column, NAME, name)


def _names(value: object) -> list[str]:
    """Given names: a list keeps compound names whole; a string is split at spaces."""
    names = value.split() if isinstance(value, str) else value
    if not isinstance(names, list):
        raise _Fault("expected a list of names, or names separated by spaces")
    return _kept(Identity, "given_names", NAME, [_line(name) for name in names])


def _birthdate(value: object) -> str:
    """FranceConnect's -00 for an unknown part is understood."""
    written = re.sub(r"(-00)+$", "", value) if isinstance(value, str) else ""
    try:
        check_birthdate(written)
    except NotYet:
        raise _Fault("expected a date that has been") from None
    except ValidationError:
        raise _Fault("expected YYYY, YYYY-MM or YYYY-MM-DD") from None
    return written


def _gender(value: object) -> str:
    if value not in Identity.Gender.values:
        raise _Fault("expected female or male")
    return value


def _code(column: str, example: str, value: object) -> str:
    expected = f"a COG code of INSEE, such as {example}"
    if not isinstance(value, str):
        raise _Fault(f"expected {expected}")
    return _kept(Identity, column, expected, value)


def _level(value: object) -> int:
    if isinstance(value, bool) or value not in Identity.Level.values:
        raise _Fault("expected 0, 1 or 2")
    return value


def _detail(column: str, expected: str, value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise _Fault(f"expected {expected}")
    return _kept(Details, column, expected, value.strip())


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
    """Where a claim is kept, and what it is kept as (``read`` raises _Fault)."""

    model: type[models.Model]
    column: str
    read: Callable[[Any], object]

    def held(self, user: User) -> Any:
        """What is kept of this person there; None when nothing is."""
        row = user if self.model is User else getattr(user, self.model._meta.model_name, None)
        value = getattr(row, self.column, None)
        return None if value in ("", []) else value


def _identity(column: str, read: Callable[[object], object]) -> _Place:
    return _Place(Identity, column, read)


def _details(column: str, read: Callable[[object], object]) -> _Place:
    return _Place(Details, column, read)


def _page(column: str) -> _Place:
    return _details(column, partial(_detail, column, "an https:// address"))


CLAIMS = {
    "given_name": _identity("given_names", _names),
    "family_name": _identity("family_name", partial(_name, Identity, "family_name")),
    "preferred_username": _identity("usage_name", partial(_name, Identity, "usage_name")),
    "customary_name": _identity("customary_name", partial(_name, Identity, "customary_name")),
    "birthdate": _identity("birthdate", _birthdate),
    "gender": _identity("gender", _gender),
    "birthplace": _identity("birthplace", partial(_code, "birthplace", "98818 (Nouméa)")),
    "birthcountry": _identity("birthcountry", partial(_code, "birthcountry", "99100 (France)")),
    "verified": _identity("level", _level),
    "middle_name": _details("middle_name", partial(_name, Details, "middle_name")),
    "nickname": _details("nickname", partial(_name, Details, "nickname")),
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
    "address.locality": _details("locality", partial(_name, Details, "locality")),
    "address.region": _details("region", partial(_name, Details, "region")),
    "address.postal_code": _details(
        "postal_code", partial(_detail, "postal_code", "a postal code of at most 20 characters")
    ),
    "address.country": _details("country", partial(_name, Details, "country")),
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


def held(user: User) -> dict[str, Any]:
    """What is kept of this person, by the same names: ``columns`` of it fills the same columns."""
    found = {claim: place.held(user) for claim, place in CLAIMS.items()}
    return {claim: value for claim, value in found.items() if value is not None}


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
