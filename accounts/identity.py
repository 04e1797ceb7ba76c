"""Civil identity in the words of OpenID Connect: what a claim of that name may say."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from accounts.models import Identity

COG_PLACE = re.compile(r"(?:2[AB]|[0-9]{2})[0-9]{3}")
COG_COUNTRY = re.compile(r"99[0-9]{3}")
BIRTHDATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
MAX_NAME = 256


class InvalidClaims(ValueError):
    """One or more claims cannot be stored; the text names each of them and says why."""


class _Fault(ValueError):
    pass


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > MAX_NAME:
        raise _Fault(f"expected a name of at most {MAX_NAME} characters")
    return value.strip()


def _names(value: object) -> list[str]:
    """Given names: a list keeps compound names whole; a string is split at spaces."""
    names = value.split() if isinstance(value, str) else value
    if not isinstance(names, list):
        raise _Fault("expected a list of names, or names separated by spaces")
    return [_name(name) for name in names]


def _birthdate(value: object) -> str:
    """YYYY, YYYY-MM or YYYY-MM-DD; FranceConnect's -00 for an unknown part is understood."""
    text = re.sub(r"(-00)+$", "", value) if isinstance(value, str) else ""
    match = BIRTHDATE.fullmatch(text)
    try:
        year, month, day = match.groups(default="01")
        date(int(year), int(month), int(day))
    except (AttributeError, ValueError):
        raise _Fault("expected YYYY, YYYY-MM or YYYY-MM-DD") from None
    return text


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


# claim -> (column of Identity, reader)
CLAIMS: dict[str, tuple[str, Callable[[object], object]]] = {
    "given_name": ("given_names", _names),
    "family_name": ("family_name", _name),
    "preferred_username": ("usage_name", _name),
    "customary_name": ("customary_name", _name),
    "birthdate": ("birthdate", _birthdate),
    "gender": ("gender", _gender),
    "birthplace": ("birthplace", _code(COG_PLACE, "98818 (Nouméa)")),
    "birthcountry": ("birthcountry", _code(COG_COUNTRY, "99100 (France)")),
    "verified": ("level", _level),
}


def columns(claims: Mapping[str, object]) -> dict[str, object]:
    """The columns of an Identity that these claims fill.

    Raises InvalidClaims, with every fault at once.
    """
    result, faults = {}, []
    for claim, value in claims.items():
        if claim not in CLAIMS:
            faults.append(f"{claim}: unknown claim")
            continue
        column, read = CLAIMS[claim]
        try:
            result[column] = read(value)
        except _Fault as fault:
            faults.append(f"{claim}: {fault}")
    if faults:
        raise InvalidClaims("; ".join(faults))
    if result:
        result.setdefault("level", Identity.Level.DECLARED)
    return result
