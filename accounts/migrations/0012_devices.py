"""Devices by rows. The column of their text stays for the processes of the release before."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import ncconnect.handles


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_session_confirmed_at")]

    operations = [
        migrations.CreateModel(
            name="Device",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ncconnect.handles.new_key,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("digest", models.BinaryField(max_length=32)),
                ("browser", models.CharField(blank=True, max_length=40)),
                ("system", models.CharField(blank=True, max_length=40)),
                ("network", models.CharField(blank=True, max_length=64)),
                ("last_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="devices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("session", "device", "former_device"),
                migrations.AlterField(
                    "session",
                    "former_device",
                    models.CharField(blank=True, db_column="device", default="", max_length=80),
                ),
            ]
        ),
        migrations.AddField(
            "session",
            "device",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="accounts.device",
            ),
        ),
        migrations.AddField(
            "session",
            "browser",
            models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            "session",
            "system",
            models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
    ]
