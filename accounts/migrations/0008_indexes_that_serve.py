"""Indexes that another one begins with, or that only a search by a text's beginning would use."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_civil_status_rules")]

    operations = [
        migrations.AlterField(
            "onetimelink",
            "user",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="links",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "termsacceptance",
            "user",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="terms",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunSQL(
            [
                "DROP INDEX IF EXISTS accounts_user_email_b2644a56_like",
                "DROP INDEX IF EXISTS accounts_captchachallenge_digest_bb6106e7_like",
            ],
            migrations.RunSQL.noop,
        ),
    ]
