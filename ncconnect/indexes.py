"""Kinds of index that PostgreSQL has, and SQLite takes for plain ones."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models


class Brin(BrinIndex):
    """For a column that grows with the table: which pages hold which moments, in next to no space.

    It serves conditions such as « since yesterday », not the order of the rows.
    """

    def create_sql(self, model, schema_editor, using="", **kwargs):
        if schema_editor.connection.vendor != "postgresql":
            return models.Index.create_sql(self, model, schema_editor, using, **kwargs)
        return super().create_sql(model, schema_editor, using, **kwargs)
