"""Bring the signing keys one step on: publish the next ones, or let them sign."""

import json

from django.core.management.base import BaseCommand

from oidc_provider.keys.rotation import replace, rotate


class Command(BaseCommand):
    help = (
        "Publishes the next signing keys; run again an hour later (the clock does it too), it lets "
        "them sign. Prints what was done for each algorithm."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--now",
            action="store_true",
            help="a key was exposed: new keys sign at once, the former ones are worth nothing",
        )

    def handle(self, *, now: bool, **options) -> None:
        self.stdout.write(json.dumps(replace() if now else rotate()))
