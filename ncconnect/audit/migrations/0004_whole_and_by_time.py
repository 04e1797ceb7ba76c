"""The trail is not emptied at a stroke either; what a person did is read in the order of time."""

from django.db import migrations, models

POSTGRESQL = """
CREATE FUNCTION audit_event_is_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_event is append-only';
END $$;
CREATE TRIGGER audit_event_is_not_emptied BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_event_is_not_emptied();
"""

POSTGRESQL_BACK = """
DROP TRIGGER audit_event_is_not_emptied ON audit_event;
DROP FUNCTION audit_event_is_not_emptied();
"""


def protect(apps, schema_editor) -> None:
    """SQLite has no TRUNCATE."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)


def unprotect(apps, schema_editor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_BACK)


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_small_indexes")]

    operations = [
        migrations.RemoveIndex("Event", "audit_of_a_person"),
        migrations.AddIndex(
            "Event", models.Index(fields=["user_id", "at"], name="audit_of_a_person")
        ),
        migrations.RunPython(protect, unprotect),
    ]
