"""A grant is the only row that an authorization leaves.

Visits, access tokens and refresh tokens have no rows any more, and a grant has another key. Those
that are there are not carried over: whoever is signed in somewhere signs in anew.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ncconnect.handles


def empty(apps, schema_editor) -> None:
    for name in ("AccessToken", "RefreshToken"):
        apps.get_model("oidc_provider", name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_sessions_by_handle"),
        ("oidc_provider", "0006_client_authentication"),
    ]

    operations = [
        migrations.RunPython(empty, migrations.RunPython.noop),
        migrations.DeleteModel("RelyingPartySession"),
        migrations.RemoveField("AccessToken", "grant"),
        migrations.RemoveField("RefreshToken", "grant"),
        migrations.DeleteModel("Grant"),
        migrations.RemoveField("AccessToken", "token_checksum"),
        migrations.RemoveField("AccessToken", "scope"),
        migrations.RemoveField("AccessToken", "created"),
        migrations.AlterField(
            "AccessToken", "expires", models.DateTimeField(verbose_name="expires")
        ),
        migrations.RemoveField("RefreshToken", "token_checksum"),
        migrations.RemoveField("RefreshToken", "created"),
        migrations.RemoveField("RefreshToken", "consumed_at"),
        migrations.RemoveField("RefreshToken", "expires"),
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("scope", models.TextField(blank=True, verbose_name="scope")),
                (
                    "id",
                    models.UUIDField(
                        default=ncconnect.handles.new_key,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("code", models.BinaryField(max_length=32)),
                ("binding", models.BinaryField(max_length=32)),
                ("nonce", models.TextField(blank=True, default="")),
                ("claims", models.JSONField(default=dict)),
                ("auth_time", models.DateTimeField()),
                ("acr", models.CharField(blank=True, max_length=40)),
                ("amr", models.CharField(blank=True, max_length=100)),
                ("offline", models.BooleanField(default=False)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("refreshes", models.PositiveIntegerField(default=0)),
                ("expires", models.DateTimeField()),
                ("consumed_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("access_revoked_at", models.DateTimeField(null=True)),
                ("ends_at", models.DateTimeField(db_index=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="oidc_provider.subjectidentifier",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.session",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
    ]
