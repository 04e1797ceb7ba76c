"""Rules of columns that the database holds itself, in words that PostgreSQL and SQLite both have.

A rule may come later than rows that break it. They do not stop a migration, and stay as they are
until somebody writes them; ``manage.py check_rows`` counts them, and tells PostgreSQL of each rule
that all rows obey.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import connection, models
from django.db.migrations import AddConstraint

OWN = ("ncconnect.", "accounts", "oidc_provider")


def of_form(column: str, form: str, **options) -> models.CheckConstraint:
    """The whole text has the form of this regular expression, or is empty."""
    condition = models.Q(**{f"{column}__regex": rf"\A(?:{form})?\Z"})
    return models.CheckConstraint(condition=condition, **options)


class AddRule(AddConstraint):
    """Add a check to a table whose rows may break it: from now on, none is written that does."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        if schema_editor.connection.vendor == "sqlite":
            with _any_row(schema_editor):
                super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            add_for_new_rows(schema_editor, model, self.constraint)

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        with _any_row(schema_editor):
            super().database_backwards(app_label, schema_editor, from_state, to_state)


def add_for_new_rows(
    schema_editor, model: type[models.Model], rule: models.CheckConstraint
) -> None:
    """On PostgreSQL: rows that are there are not looked at."""
    schema_editor.execute(f"{rule.create_sql(model, schema_editor)} NOT VALID", params=None)


@contextmanager
def _any_row(schema_editor) -> Iterator[None]:
    """SQLite changes a table by copying it: rows that break this rule, or another, go along."""
    if schema_editor.connection.vendor != "sqlite":
        yield
        return
    schema_editor.execute("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        schema_editor.execute("PRAGMA ignore_check_constraints = OFF")


def settle(tables: Iterable[type[models.Model]]) -> Iterator[tuple[str, str, int]]:
    """Each rule with its table, and how many rows break it. One that none breaks is validated."""
    for model in tables:
        for rule in model._meta.constraints:
            if isinstance(rule, models.CheckConstraint):
                broken = model._base_manager.exclude(rule.condition).count()
                if not broken and connection.vendor == "postgresql":
                    _validate(model, rule)
                yield model._meta.db_table, rule.name, broken


def our_tables() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith(OWN)]


def _validate(model: type[models.Model], rule: models.CheckConstraint) -> None:
    """A validated rule is done at once, and no statement waits for it but a change of the table."""
    quote = connection.ops.quote_name
    table, name = quote(model._meta.db_table), quote(rule.name)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
