"""« Mes informations »: everything that is held about a person, for that person's own eyes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from accounts import civil_status
from accounts.models import Identity, User

# Of these no row of a page is made: keys, how far it is proved (told with the whole), and dates.
NOT_TOLD = {"user", "level", "source", "updated_at"}


@dataclass(frozen=True)
class Part:
    """Some of it: ``rows`` are a label and a value each. ``source`` and ``level`` say who gave it,
    and how far it is proved; they are empty where that needs no words."""

    title: str
    rows: list[tuple[Any, str]]
    source: str = ""
    level: Any = ""
    updated_at: datetime | None = None


def of(person: User) -> list[Part]:
    """The account always, the others where anything of them is held.

    ``person``: read with its identity and details (select_related).
    """
    parts = [_account(person)]
    if identity := getattr(person, "identity", None):
        parts.append(_civil(identity))
    if details := getattr(person, "details", None):
        parts.append(Part(_("Vos coordonnées et votre profil"), list(_rows(details))))
    return [part for part in parts if part.rows]


def _account(person: User) -> Part:
    language = get_language_info(person.language)["name_local"]
    rows = [(_("Adresse e-mail"), person.email), (_("Langue de vos e-mails"), language)]
    rows.append((_("Compte créé le"), _day(person.created_at)))
    return Part(_("Votre compte"), rows)


def _civil(identity: Identity) -> Part:
    return Part(
        _("Votre identité"),
        list(_rows(identity)),
        source=identity.source,
        level=identity.get_level_display(),
        updated_at=identity.updated_at,
    )


def _rows(row: models.Model) -> Iterator[tuple[Any, str]]:
    """What is held in this row, by the names of its columns, in their order."""
    for column in row._meta.fields:
        value = getattr(row, column.attname)
        if column.name in NOT_TOLD or value in ("", [], None, False):
            continue
        yield column.verbose_name, _shown(row, column, value)


def _shown(row: models.Model, column: models.Field, value: Any) -> str:
    if column.name == "birthdate":
        return _birthdate(value)
    if value is True:
        return _("oui")
    if isinstance(value, list):
        return ", ".join(value)
    return str(getattr(row, f"get_{column.name}_display", lambda: value)())


def _birthdate(value: str) -> str:
    """12/05/1980, as papers write it; a part that is not known is not told."""
    parts = [part for part in value.split("-") if part != civil_status.NO_YEAR]
    return "/".join(reversed(parts))


def _day(moment: datetime) -> str:
    return date_format(localtime(moment), "DATE_FORMAT")
