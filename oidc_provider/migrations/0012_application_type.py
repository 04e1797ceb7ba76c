from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oidc_provider", "0011_rotated_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="relyingparty",
            name="application_type",
            field=models.CharField(
                choices=[("web", "web"), ("native", "native")], default="web", max_length=10
            ),
        ),
    ]
