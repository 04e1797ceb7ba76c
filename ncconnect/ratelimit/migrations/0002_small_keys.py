"""Counters have keys of 64 bits. Those that are there start anew: they count minutes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ratelimit", "0001_initial")]

    operations = [
        migrations.DeleteModel("Counter"),
        migrations.CreateModel(
            name="Counter",
            fields=[
                ("key", models.BigIntegerField(primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
                ("expires_at", models.BigIntegerField(db_index=True)),
            ],
        ),
    ]
