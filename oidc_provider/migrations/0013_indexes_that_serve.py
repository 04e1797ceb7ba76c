"""Indexes that another one begins with, or that only a search by a text's beginning would use."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("oidc_provider", "0012_application_type")]

    operations = [
        migrations.AlterField(
            "aliasuse",
            "relying_party",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="alias_uses",
                to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                verbose_name="service partenaire",
            ),
        ),
        migrations.AlterField(
            "consent",
            "user",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="consents",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "subjectidentifier",
            "user",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="subjects",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunSQL(
            [
                "DROP INDEX IF EXISTS oidc_provider_logo_name_3150a7c3_like",
                "DROP INDEX IF EXISTS oidc_provider_relyingparty_client_id_9a4e2ac9_like",
                "DROP INDEX IF EXISTS oidc_provider_relyingparty_sector_af028108_like",
                "DROP INDEX IF EXISTS oidc_provider_signingkey_kid_2cc8de20_like",
            ],
            migrations.RunSQL.noop,
        ),
    ]
