import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.details


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="updated_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name="Details",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="details",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "middle_name",
                    models.CharField(blank=True, max_length=256, verbose_name="deuxième nom"),
                ),
                ("nickname", models.CharField(blank=True, max_length=256, verbose_name="surnom")),
                (
                    "profile",
                    models.CharField(
                        blank=True,
                        max_length=500,
                        validators=[django.core.validators.URLValidator(schemes=["https"])],
                        verbose_name="page de présentation",
                    ),
                ),
                (
                    "picture",
                    models.CharField(
                        blank=True,
                        max_length=500,
                        validators=[django.core.validators.URLValidator(schemes=["https"])],
                        verbose_name="photo",
                    ),
                ),
                (
                    "website",
                    models.CharField(
                        blank=True,
                        max_length=500,
                        validators=[django.core.validators.URLValidator(schemes=["https"])],
                        verbose_name="site web",
                    ),
                ),
                (
                    "zoneinfo",
                    models.CharField(
                        blank=True,
                        help_text="Un nom de la base IANA, comme Pacific/Noumea.",
                        max_length=64,
                        validators=[accounts.details.check_zone],
                        verbose_name="fuseau horaire",
                    ),
                ),
                (
                    "phone_number",
                    models.CharField(
                        blank=True,
                        help_text="Avec l’indicatif et sans espace, comme +687751234.",
                        max_length=16,
                        validators=[accounts.details.check_phone_number],
                        verbose_name="numéro de téléphone",
                    ),
                ),
                (
                    "phone_number_verified",
                    models.BooleanField(
                        default=False,
                        help_text="Un autre numéro le décoche\xa0: il reste à vérifier.",
                        verbose_name="numéro vérifié",
                    ),
                ),
                (
                    "formatted",
                    models.TextField(
                        blank=True,
                        help_text="Seulement quand ses parties ne sont pas connues.",
                        max_length=1000,
                        verbose_name="adresse en un seul texte",
                    ),
                ),
                (
                    "street_address",
                    models.TextField(blank=True, max_length=256, verbose_name="rue, boîte postale"),
                ),
                ("locality", models.CharField(blank=True, max_length=256, verbose_name="commune")),
                (
                    "region",
                    models.CharField(blank=True, max_length=256, verbose_name="province ou région"),
                ),
                (
                    "postal_code",
                    models.CharField(blank=True, max_length=20, verbose_name="code postal"),
                ),
                ("country", models.CharField(blank=True, max_length=256, verbose_name="pays")),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "coordonnées et présentation",
                "verbose_name_plural": "coordonnées et présentations",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("phone_number", ""), ("phone_number_verified", True), _negated=True
                        ),
                        name="verified_number_is_there",
                        violation_error_message="Il n’y a pas de numéro à dire vérifié.",
                    )
                ],
            },
        ),
    ]
