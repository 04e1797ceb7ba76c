import sys

from django.core.management.base import BaseCommand

from ncconnect import constraints


class Command(BaseCommand):
    help = (
        "Count the rows that break a rule which came after them, rule by rule, and tell PostgreSQL"
        " of the rules that all rows obey. Names nobody. Status 1 when there is such a row."
    )

    def handle(self, *args, **options) -> None:
        counted = list(constraints.settle(constraints.our_tables()))
        for table, rule, broken in counted:
            self.stdout.write(f"{table} {rule}: {broken}")
        if any(broken for _table, _rule, broken in counted):
            sys.exit(1)
