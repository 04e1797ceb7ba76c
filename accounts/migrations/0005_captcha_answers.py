from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_names_of_columns"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaptchaAnswer",
            fields=[
                (
                    "digest",
                    models.BinaryField(max_length=32, primary_key=True, serialize=False),
                ),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("passed_at", models.DateTimeField(null=True)),
                ("redeemed_at", models.DateTimeField(null=True)),
                ("redeemed_for", models.CharField(blank=True, max_length=64)),
            ],
        ),
        # The table of the tests that were shown stays while the former code runs beside this one
        # (docs/deployment.md, Upgrades). Nothing reads it any more.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name="CaptchaChallenge")]
        ),
    ]
