"""Give a partner the logo that people see on the sign-in page."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from oidc_provider.models import RelyingParty
from oidc_provider.partners.logos import InvalidLogo, set_logo


class Command(BaseCommand):
    help = "Keeps a picture (PNG, JPEG, WebP or SVG) as a partner's logo, shown 55 pixels high."

    def add_arguments(self, parser) -> None:
        parser.add_argument("client_id")
        parser.add_argument("file")

    def handle(self, *, client_id: str, file: str, **options) -> None:
        partner = RelyingParty.objects.filter(client_id=client_id).first()
        if partner is None:
            raise CommandError(f"{client_id}: not registered")
        try:
            set_logo(partner, Path(file).read_bytes())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except InvalidLogo as error:
            raise CommandError(f"{file}: {error}") from None
