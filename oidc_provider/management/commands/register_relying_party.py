"""Register or update a partner from a file of OpenID Connect client metadata."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from ncconnect import text
from oidc_provider.partners.metadata import InvalidMetadata
from oidc_provider.partners.registration import register


class Command(BaseCommand):
    help = "Registers or updates a partner; prints client_id and, once, the secret as JSON."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", help="client metadata as JSON; - reads the standard input")

    def handle(self, *, file: str, **options) -> None:
        try:
            registered = register(_read(file))
        except InvalidMetadata as error:
            faults = "".join(f"\n  - {fault}" for fault in error.faults)
            raise CommandError(f"Nothing is stored. The metadata has faults:{faults}") from None
        answer = {"client_id": registered.relying_party.client_id}
        if registered.secret:
            answer["client_secret"] = registered.secret
        self.stdout.write(json.dumps(answer))


def _read(file: str):
    """The file's JSON. Raises CommandError, and says where it cannot be read."""
    try:
        source = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return json.loads(text.of_bytes(source))
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    except text.NotText as error:
        raise CommandError(f"{file}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{file}: not JSON ({error})") from None
