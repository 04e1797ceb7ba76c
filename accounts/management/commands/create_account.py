"""manage.py create_account: an account made by an operator."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts import identity, passwords
from accounts.email_identity import InvalidEmail
from accounts.flows.create_account import AddressTaken, create_account
from ncconnect import text


class Command(BaseCommand):
    help = "Creates an account, activated unless told otherwise."

    def add_arguments(self, parser):
        parser.add_argument("--email", required=True)
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input; without it, the owner chooses one by mail",
        )
        parser.add_argument("--claims", type=Path, help="JSON file, claims by their OpenID names")
        parser.add_argument("--inactive", action="store_true", help="leave it to be activated")

    def handle(self, *, email, password_stdin, claims, inactive, **options):
        claims = _read(claims) if claims else {}
        try:
            user = create_account(
                email=email,
                password=self._password(email) if password_stdin else None,
                claims=claims,
                activated=not inactive,
            )
        except InvalidEmail as error:
            why = f" (because of {text.named(error.character)})" if error.character else ""
            raise CommandError(f"{email}: not an address that can be used{why}") from None
        except AddressTaken:
            raise CommandError(f"{email}: this address has an account already") from None
        except identity.InvalidClaims as error:
            raise CommandError(str(error)) from None
        if derived := [name for name in identity.DERIVED if name in claims]:
            self.stderr.write(f"{', '.join(derived)}: derived from the rest, not kept")
        self.stdout.write(json.dumps({"email": user.email, "activated": user.is_activated}))

    def _password(self, email: str) -> str:
        password = sys.stdin.readline().removeprefix("\ufeff").rstrip("\r\n")
        if faults := passwords.faults(password, email=email):
            raise CommandError(" ".join(faults))
        return password


def _read(file: Path) -> dict:
    try:
        claims = json.loads(text.of_file(file))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: {error}") from None
    if not isinstance(claims, dict):
        raise CommandError(f"{file}: expected an object of claims")
    return claims
