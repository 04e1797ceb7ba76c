from django.core.management.base import BaseCommand

from ncconnect import purge


class Command(BaseCommand):
    help = (
        "Delete what has expired: sessions, links, counters, mails… Safe to run at any time, twice."
    )

    def handle(self, *args, **options) -> None:
        for name, rows in purge.run().items():
            self.stdout.write(f"{name}: {rows}")
