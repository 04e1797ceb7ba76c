"""The database itself refuses to change an audit row, or to delete one that is still to be kept."""

from django.db import migrations

POSTGRESQL = """
CREATE FUNCTION audit_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '364 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit_event is append-only';
END $$;
CREATE TRIGGER audit_event_is_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_is_append_only();
"""

POSTGRESQL_BACK = """
DROP TRIGGER audit_event_is_append_only ON audit_event;
DROP FUNCTION audit_event_is_append_only();
"""

# Deletions are left to the code here: SQLite is the trial default, and a test empties its tables
# by deleting.
SQLITE = """
CREATE TRIGGER audit_event_is_append_only BEFORE UPDATE ON audit_event
BEGIN
    SELECT RAISE(ABORT, 'audit_event is append-only');
END
"""

SQLITE_BACK = "DROP TRIGGER audit_event_is_append_only"


def protect(apps, schema_editor) -> None:
    postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(POSTGRESQL if postgresql else SQLITE)


def unprotect(apps, schema_editor) -> None:
    postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(POSTGRESQL_BACK if postgresql else SQLITE_BACK)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(protect, unprotect)]
