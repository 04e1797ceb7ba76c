"""Give a partner a new secret beside the one in use."""

import json

from django.core.management.base import BaseCommand, CommandError

from ncconnect import audit
from oidc_provider.models import RelyingParty
from oidc_provider.partners.registration import add_secret


class Command(BaseCommand):
    help = "Makes a new client secret and prints it once; the one in use still works."

    def add_arguments(self, parser) -> None:
        parser.add_argument("client_id")

    def handle(self, *, client_id: str, **options) -> None:
        partner = RelyingParty.objects.filter(client_id=client_id).first()
        if partner is None or not partner.has_secret:
            raise CommandError(f"{client_id}: no partner of this client_id has a secret")
        secret = add_secret(partner)
        audit.record("partner_changed", partner=client_id, changed={"secrets": "one added"})
        self.stdout.write(json.dumps({"client_id": client_id, "client_secret": secret}))
