"""PostgreSQL is told of each rule that every row obeys; the others are counted, and stay.

A migration of its own: the one before holds the tables until it is over, this one does not.
"""

from django.db import migrations

from ncconnect import constraints


def settle(apps, schema_editor) -> None:
    models = [apps.get_model("accounts", name) for name in ("Identity", "Details")]
    for table, rule, broken in constraints.settle(models):
        if broken:
            print(f"\n    {table} {rule}: {broken} rows from before it; see check_rows", end="")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_rules_in_the_database")]

    operations = [migrations.RunPython(settle, migrations.RunPython.noop, elidable=True)]
