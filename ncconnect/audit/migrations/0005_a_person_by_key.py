"""A person reads what happened page by page, from the newest: by the key, which is in that order."""

from django.db import migrations, models

from ncconnect.indexes import AddWhileServing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0004_whole_and_by_time")]

    operations = [
        AddWhileServing(
            "Event", models.Index(fields=["user_id", "id"], name="audit_of_a_person_by_key")
        ),
    ]
