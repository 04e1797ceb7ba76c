from django.db import migrations, models


def suppose_used(apps, schema_editor) -> None:
    """Whether a partner that is there already was ever used is not known: as if it were."""
    partners = apps.get_model("oidc_provider", "RelyingParty").objects
    partners.update(first_used_at=models.F("created"))


class Migration(migrations.Migration):
    dependencies = [("oidc_provider", "0009_signing_key_columns")]

    operations = [
        migrations.AddField(
            model_name="relyingparty",
            name="first_used_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunPython(suppose_used, migrations.RunPython.noop, elidable=True),
    ]
