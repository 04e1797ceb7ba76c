"""What a partner is about to receive of a person, in the words that this person reads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from accounts.civil_status import NO_YEAR
from accounts.models import Identity, User
from oidc_provider.claims import table

# Told with the claim that they belong to.
WITHIN = {
    "first_name": "given_name",
    "name": "given_name",
    "email_verified": "email",
    "phone_number_verified": "phone_number",
}
# Made of others: nothing to hold, and nothing to miss.
DERIVED = ("updated_at", "verified", "locale")


@dataclass(frozen=True)
class Told:
    """``held``: title → lines of words and value, what will be sent. ``lacking``: words of what
    was asked for and is not held. ``in_absence``: may it be read later, without the person?"""

    held: dict[Any, list[tuple[Any, str]]]
    lacking: list[Any]
    in_absence: bool


def told_of(user: User, items: Iterable[str]) -> Told:
    """Of these items (``grants.terms``), what this person's partner really gets."""
    items = list(items)
    asked = _claims(items)
    values = table.read(user, asked)
    held: dict[Any, list[tuple[Any, str]]] = {}
    for name in table.CLAIMS:
        if name in values and WITHIN.get(name) not in values:
            line = table.ALONE[name]
            held.setdefault(line.title, []).append((line.words, _shown(name, values)))
    missing = (table.ALONE[name].words for name in table.CLAIMS if _lacks(name, asked, values))
    return Told(held, list(dict.fromkeys(missing)), "offline_access" in items)


def words_of(names: Iterable[str]) -> list[Any]:
    """The words of these claims, each once; what is told with another is not told apart."""
    names = set(names)
    lines = (table.ALONE[name] for name in table.CLAIMS if name in names)
    told = [line.words for line in lines]
    return list(dict.fromkeys(told))


def _claims(items: list[str]) -> set[str]:
    named = {i.removeprefix(table.BY_NAME) for i in items if i.startswith(table.BY_NAME)}
    return named | table.names_for(items)


def _lacks(name: str, asked: set[str], values: dict[str, Any]) -> bool:
    return name in asked and name not in (*values, *DERIVED) and WITHIN.get(name) not in asked


def _shown(name: str, values: dict[str, Any]) -> str:
    value = values[name]
    show = SHOWN.get(name, str)
    shown = show(value)
    proved = values.get(f"{name}_verified")
    if proved is None:
        return shown
    state = _("vérifié") if proved else _("non vérifié")
    return f"{shown} ({state})"


def _date(value: str) -> str:
    """« 12 mai 1980 »; a part that is not known is not told."""
    parts = value.split("-")
    if len(parts) < 3 or parts[0] == NO_YEAR:
        return "/".join(reversed(parts))
    return date_format(date(*map(int, parts)), "DATE_FORMAT")


def _moment(value: int) -> str:
    return date_format(localtime(datetime.fromtimestamp(value, UTC)), "DATE_FORMAT")


SHOWN: dict[str, Callable[[Any], str]] = {
    "birthdate": _date,
    "gender": lambda value: str(Identity.Gender(value).label),
    "verified": lambda value: str(Identity.Level(value).label),
    "locale": lambda value: get_language_info(value)["name_local"],
    "updated_at": _moment,
    "address": lambda value: value.get("formatted", ""),
}
