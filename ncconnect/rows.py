"""Hot paths read by one statement written by hand, and get the models that it is about.

Composing the same statement again for each request costs the ORM more than the database spends on
it: what userinfo reads takes 0.3 ms of Python so, and 1.8 by a query of the ORM. What is written
here is the statement; columns, their order and their values stay those of the models.
"""

import functools
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import AutoField, Model
from django.db.models.base import ModelState

from ncconnect.postgresql.plans import Parameters, Planned

M = TypeVar("M", bound=Model)


def columns(model: type[Model], table: str = "", only: Iterable[str] = ()) -> str:
    """These columns of a model, all by default; ``table`` is its alias in the statement."""
    prefix = f"{table}." if table else ""
    return ", ".join(prefix + field.column for field in _fields(model, tuple(only)))


def width(model: type[Model], only: Iterable[str] = ()) -> int:
    """How many values ``columns`` asks for."""
    return len(_fields(model, tuple(only)))


def built(model: type[M], values: Sequence[Any], only: Iterable[str] = ()) -> M:
    """The model whose ``columns`` have these values, as the ORM would have read it.

    Fields that were not asked for are deferred. No model of ours does anything when it is made, so
    that is not gone through, field by field.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    names, converters = _reading(model, tuple(only), connection.vendor)
    values = list(values)
    for place, convert in converters:
        values[place] = convert(values[place])
    row = _made(model, zip(names, values, strict=True))
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row


def blank(model: type[M]) -> M:
    """The model that has no row, for reading: its defaults are made once."""
    return _made(model, _defaults(model))


def _made(model: type[M], values: Iterable[tuple[str, Any]]) -> M:
    row = model.__new__(model)
    row._state = ModelState()
    row.__dict__.update(values)
    return row


@functools.cache
def _defaults(model: type[Model]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, value) for name, value in vars(model()).items() if name != "_state")


def first(statement: str, parameters: Parameters) -> tuple | None:
    """The first row that the statement gives, or None."""
    with closing(_run(statement, parameters)) as cursor:
        return cursor.fetchone()


def every(statement: str, parameters: Parameters) -> list[tuple]:
    """All rows that the statement gives."""
    with closing(_run(statement, parameters)) as cursor:
        return cursor.fetchall()


def write(statement: str, parameters: Parameters) -> int:
    """How many rows the statement wrote."""
    with closing(_run(statement, parameters)) as cursor:
        return cursor.rowcount


def _run(statement: str, parameters: Parameters):
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        return connection.run(_planned(statement), parameters)
    cursor = connection.cursor()
    cursor.execute(statement, parameters)
    return cursor


@dataclass(frozen=True)
class Provided:
    """A row of another table that has to be there, and stays as it is until the transaction ends.

    ``source``: the table, WHERE and the condition; ``parameters``: its values. ``alone``: others
    for whom it has to be there wait.
    """

    source: str
    parameters: tuple
    alone: bool = False

    @property
    def kept(self) -> str:
        # SQLite has one writer at a time anyway.
        locks = connections[DEFAULT_DB_ALIAS].features.has_select_for_update
        lock = " FOR NO KEY UPDATE" if self.alone else " FOR SHARE"
        return f"FROM {self.source}{lock if locks else ''}"


def is_so(provided: Provided) -> bool:
    return first(f"SELECT 1 {provided.kept}", provided.parameters) is not None


def insert(row: Model, *, unless_taken: bool = False, provided: Provided | None = None) -> bool:
    """Write a new row. With ``unless_taken``, False when a unique column has its value already;
    with ``provided``, when that is not so.

    A key that the database gives is not asked for. Raises IntegrityError.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    statement, fields = _insertion(type(row), unless_taken, provided.kept if provided else "")
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    values += provided.parameters if provided else ()
    row._state.adding = not write(statement, values)
    return not row._state.adding


def insert_after(statement: str, parameters: Sequence[Any], row: Model) -> bool:
    """Write a new row that tells of this statement: neither, when the statement finds nothing.

    PostgreSQL does both in one round trip, where a transaction takes four.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        with transaction.atomic():
            return bool(write(statement, parameters)) and insert(row)
    insertion, fields = _insertion(type(row), False, "FROM done")
    told = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    both = f"WITH done AS ({statement} RETURNING 1) {insertion}"
    row._state.adding = not write(both, [*parameters, *told])
    return not row._state.adding


def value(model: type[Model], name: str, python: Any) -> Any:
    """A parameter of a statement: this value as the database keeps it in this field.

    psycopg2 takes keys and moments as they are: asking their field was 4 % of a userinfo.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql" and isinstance(python, _AS_THEY_ARE):
        return python
    return model._meta.get_field(name).get_db_prep_value(python, connection)


_AS_THEY_ARE = (UUID, datetime)
_planned = functools.lru_cache(maxsize=256)(Planned)


@functools.cache
def _fields(model: type[Model], only: tuple[str, ...]) -> list:
    chosen = [field for field in model._meta.concrete_fields if not only or field.name in only]
    if only and len(chosen) != len(only):
        raise LookupError(f"{model.__name__}: not all of {', '.join(only)} are fields")
    return chosen


@functools.cache
def _insertion(model: type[Model], unless_taken: bool, kept: str) -> tuple[str, list]:
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    names, places = ", ".join(field.column for field in fields), ", ".join(["%s"] * len(fields))
    values = f"SELECT {places} {kept}" if kept else f"VALUES ({places})"
    statement = f"INSERT INTO {model._meta.db_table} ({names}) {values}"
    return statement + (" ON CONFLICT DO NOTHING" if unless_taken else ""), fields


@functools.cache
def _reading(model: type[Model], only: tuple[str, ...], vendor: str) -> tuple[list, list]:
    """Attribute names, and what some of the values have to go through in this database."""
    connection = connections[DEFAULT_DB_ALIAS]
    fields = _fields(model, only)
    columns = [field.get_col(model._meta.db_table) for field in fields]  # keys as in their model
    converters = [
        (place, functools.partial(_converted, convert, column))
        for place, column in enumerate(columns)
        for convert in (
            *connection.ops.get_db_converters(column),
            *column.get_db_converters(connection),
        )
    ]
    return [field.attname for field in fields], converters


def _converted(convert, column, value):
    return convert(value, column, connections[DEFAULT_DB_ALIAS])
