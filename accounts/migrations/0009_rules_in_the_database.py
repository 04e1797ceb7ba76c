"""The forms of civil status and of details, held by the database itself."""

from django.db import migrations, models

from ncconnect.constraints import AddRule


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_indexes_that_serve"),
    ]

    operations = [
        AddRule(
            model_name="details",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("phone_number__regex", "\\A(?:\\+(?:687[0-9]{6}|(?!687)[1-9][0-9]{6,14}))?\\Z")
                ),
                name="phone_number_is_a_number",
                violation_error_message="Ce n’est pas un numéro au format international.",
            ),
        ),
        AddRule(
            model_name="details",
            constraint=models.CheckConstraint(
                condition=models.Q(("profile__regex", "\\A(?:[Hh][Tt][Tt][Pp][Ss]://.+)?\\Z")),
                name="profile_is_a_page",
            ),
        ),
        AddRule(
            model_name="details",
            constraint=models.CheckConstraint(
                condition=models.Q(("picture__regex", "\\A(?:[Hh][Tt][Tt][Pp][Ss]://.+)?\\Z")),
                name="picture_is_a_page",
            ),
        ),
        AddRule(
            model_name="details",
            constraint=models.CheckConstraint(
                condition=models.Q(("website__regex", "\\A(?:[Hh][Tt][Tt][Pp][Ss]://.+)?\\Z")),
                name="website_is_a_page",
            ),
        ),
        AddRule(
            model_name="identity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "birthdate__regex",
                        "\\A(?:0000-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])|(?!0000)[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?)?\\Z",
                    )
                ),
                name="birthdate_is_a_date",
                violation_error_message="Écrivez la date comme 1980-05-12, 1980-05 ou 1980 : ce qui n’est pas su manque.",
            ),
        ),
        AddRule(
            model_name="identity",
            constraint=models.CheckConstraint(
                condition=models.Q(("birthplace__regex", "\\A(?:(?:2[AB]|[0-9]{2})[0-9]{3})?\\Z")),
                name="birthplace_is_a_code",
                violation_error_message="Ce n’est pas le code COG d’une commune, comme 98818 (Nouméa).",
            ),
        ),
        AddRule(
            model_name="identity",
            constraint=models.CheckConstraint(
                condition=models.Q(("birthcountry__regex", "\\A(?:99[0-9]{3})?\\Z")),
                name="birthcountry_is_a_code",
                violation_error_message="Ce n’est pas le code COG d’un pays, comme 99100 (France).",
            ),
        ),
        AddRule(
            model_name="identity",
            constraint=models.CheckConstraint(
                condition=models.Q(("gender__regex", r"\A(?:female|male)?\Z")),
                name="gender_is_known",
            ),
        ),
        AddRule(
            model_name="identity",
            constraint=models.CheckConstraint(
                condition=models.Q(("level__range", (0, 2))), name="level_is_known"
            ),
        ),
    ]
