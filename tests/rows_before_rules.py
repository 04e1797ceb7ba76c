"""Rows that were there before a rule of their table."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models

from ncconnect import constraints


@contextmanager
def before_its_rules(model: type[models.Model]) -> Iterator[None]:
    """What this block writes was there before the database held this table to its rules."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            try:
                yield
            finally:
                cursor.execute("PRAGMA ignore_check_constraints = OFF")
            return
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        rules = [r for r in model._meta.constraints if isinstance(r, models.CheckConstraint)]
        with connection.schema_editor() as editor:
            for rule in rules:
                editor.remove_constraint(model, rule)
        yield
        with connection.schema_editor() as editor:
            for rule in rules:
                constraints.add_for_new_rows(editor, model, rule)
