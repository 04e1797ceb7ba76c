"""Bring the signing keys one step on: publish the next ones, or let them sign."""

import json

from django.core.management.base import BaseCommand

from oidc_provider.rotation import rotate


class Command(BaseCommand):
    help = (
        "Publishes the next signing keys; run again an hour later (the clock does it too), it lets "
        "them sign. Prints what was done for each algorithm."
    )

    def handle(self, **options) -> None:
        self.stdout.write(json.dumps(rotate()))
