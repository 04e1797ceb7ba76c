"""Kinds of index that PostgreSQL has, and SQLite takes for plain ones; and making one while the
table is written."""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Brin(BrinIndex):
    """For a column that grows with the table: which pages hold which moments, in next to no space.

    It serves conditions such as « since yesterday », not the order of the rows.
    """

    def create_sql(self, model, schema_editor, using="", **kwargs):
        if schema_editor.connection.vendor != "postgresql":
            return models.Index.create_sql(self, model, schema_editor, using, **kwargs)
        return super().create_sql(model, schema_editor, using, **kwargs)


class AddWhileServing(AddIndexConcurrently):
    """For a large table: nobody waits while the index is made. Its migration is not ``atomic``.

    Where PostgreSQL was interrupted, an invalid index is left: DROP INDEX, and migrate again.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        add = super().database_forwards
        if schema_editor.connection.vendor != "postgresql":
            add = migrations.AddIndex(self.model_name, self.index).database_forwards
        add(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        remove = super().database_backwards
        if schema_editor.connection.vendor != "postgresql":
            remove = migrations.AddIndex(self.model_name, self.index).database_backwards
        remove(app_label, schema_editor, from_state, to_state)
