import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "email",
                    models.EmailField(max_length=254, unique=True, verbose_name="adresse e-mail"),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "Français"), ("en", "English")],
                        default="fr",
                        max_length=5,
                        verbose_name="langue",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Décoché\xa0: le compte est suspendu.",
                        verbose_name="ouvert",
                    ),
                ),
                ("is_staff", models.BooleanField(default=False, verbose_name="agent")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="créé le"
                    ),
                ),
                (
                    "activated_at",
                    models.DateTimeField(
                        blank=True, db_index=True, null=True, verbose_name="activé le"
                    ),
                ),
                (
                    "password_changed_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "compte",
                "verbose_name_plural": "comptes",
            },
        ),
        migrations.CreateModel(
            name="CaptchaChallenge",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("salt", models.CharField(max_length=32)),
                ("visitor", models.CharField(max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[("images", "Images"), ("audio", "Audio")],
                        default="images",
                        max_length=10,
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("renewals", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("consumed_at", models.DateTimeField(null=True)),
                ("passed_at", models.DateTimeField(null=True)),
                ("redeemed_at", models.DateTimeField(null=True)),
                ("redeemed_for", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="identity",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("given_names", models.JSONField(blank=True, default=list, verbose_name="prénoms")),
                (
                    "family_name",
                    models.CharField(blank=True, max_length=256, verbose_name="nom de naissance"),
                ),
                (
                    "usage_name",
                    models.CharField(blank=True, max_length=256, verbose_name="nom d’usage"),
                ),
                (
                    "customary_name",
                    models.CharField(blank=True, max_length=256, verbose_name="nom coutumier"),
                ),
                (
                    "birthdate",
                    models.CharField(blank=True, max_length=10, verbose_name="date de naissance"),
                ),
                (
                    "gender",
                    models.CharField(
                        blank=True,
                        choices=[("female", "féminin"), ("male", "masculin")],
                        max_length=10,
                        verbose_name="sexe",
                    ),
                ),
                (
                    "birthplace",
                    models.CharField(
                        blank=True, max_length=5, verbose_name="commune de naissance (COG)"
                    ),
                ),
                (
                    "birthcountry",
                    models.CharField(
                        blank=True, max_length=5, verbose_name="pays de naissance (COG)"
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "aucune"), (1, "déclarée"), (2, "vérifiée")],
                        default=0,
                        verbose_name="niveau",
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=100, verbose_name="source")),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "identité",
                "verbose_name_plural": "identités",
            },
        ),
        migrations.CreateModel(
            name="OneTimeLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("activation", "Activation"),
                            ("password_reset", "Password Reset"),
                        ],
                        max_length=20,
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                ("attempt", models.UUIDField(default=uuid.uuid4)),
                ("password", models.CharField(blank=True, max_length=128)),
                ("terms_version", models.CharField(blank=True, max_length=20)),
                ("return_to", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("used_at", models.DateTimeField(null=True)),
                ("superseded_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("session_key", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ends_at", models.DateTimeField()),
                ("device", models.CharField(blank=True, max_length=80)),
                ("network", models.CharField(blank=True, max_length=64)),
                ("authenticated_at", models.DateTimeField(null=True)),
                ("methods", models.CharField(blank=True, max_length=100)),
                ("acr", models.CharField(blank=True, max_length=40)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="TermsAcceptance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=20)),
                ("accepted_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="terms",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                name="email_is_canonical",
            ),
        ),
        migrations.AddIndex(
            model_name="onetimelink",
            index=models.Index(fields=["user", "purpose"], name="accounts_on_user_id_d35951_idx"),
        ),
        migrations.AddConstraint(
            model_name="termsacceptance",
            constraint=models.UniqueConstraint(
                fields=("user", "version"), name="terms_accepted_once"
            ),
        ),
    ]
