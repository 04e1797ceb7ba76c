"""The trail grows with each sign-in: its indexes take less of that."""

from importlib import import_module

import django.utils.timezone
from django.db import migrations, models

import ncconnect.indexes

append_only = import_module("ncconnect.audit.migrations.0002_append_only")


def take_off(apps, schema_editor) -> None:
    """SQLite makes the table anew, without its triggers."""
    if schema_editor.connection.vendor == "sqlite":
        append_only.unprotect(apps, schema_editor)


def put_on(apps, schema_editor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        append_only.protect(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]

    operations = [
        migrations.RunPython(take_off, put_on),
        migrations.RemoveIndex("Event", "audit_of_a_person"),
        migrations.AlterField(
            "Event",
            "at",
            models.DateTimeField(default=django.utils.timezone.now, verbose_name="date"),
        ),
        migrations.AddIndex("Event", models.Index(fields=["user_id"], name="audit_of_a_person")),
        migrations.AddIndex(
            "Event",
            ncconnect.indexes.Brin(autosummarize=True, fields=["at"], name="audit_at"),
        ),
        migrations.RunPython(put_on, take_off),
    ]
