"""A session is found by its own key, which its cookie names.

The cookies of the sessions that are there do not: they end, and people sign in anew.
"""

import django.utils.timezone
from django.db import migrations, models

import ncconnect.handles


def end_all(apps, schema_editor) -> None:
    apps.get_model("accounts", "Session").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_details")]

    operations = [
        migrations.RunPython(end_all, migrations.RunPython.noop),
        migrations.RemoveField("Session", "created_at"),
        migrations.AddField(
            "Session",
            "credentials",
            models.BinaryField(default=b"", max_length=16),
            preserve_default=False,
        ),
        migrations.AlterField(
            "Session",
            "id",
            models.UUIDField(
                default=ncconnect.handles.new_key,
                editable=False,
                primary_key=True,
                serialize=False,
            ),
        ),
        migrations.AlterField("Session", "session_key", models.BinaryField(max_length=32)),
        migrations.AlterField("Session", "expire_date", models.DateTimeField()),
        migrations.AlterField("Session", "ends_at", models.DateTimeField(db_index=True)),
        migrations.AlterField(
            "Session",
            "seen_at",
            models.DateTimeField(
                default=django.utils.timezone.now, verbose_name="dernière activité"
            ),
        ),
        migrations.AlterField(
            "Session",
            "authenticated_at",
            models.DateTimeField(null=True, verbose_name="connexion"),
        ),
    ]
