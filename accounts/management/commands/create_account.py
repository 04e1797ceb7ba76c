"""manage.py create_account: an account made by an operator."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts import passwords
from accounts.email_identity import InvalidEmail
from accounts.flows.create_account import AddressTaken, create_account
from accounts.identity import InvalidClaims


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
        try:
            user = create_account(
                email=email,
                password=self._password(email) if password_stdin else None,
                claims=_read(claims) if claims else {},
                activated=not inactive,
            )
        except InvalidEmail:
            raise CommandError(f"{email}: not an address that can be used") from None
        except AddressTaken:
            raise CommandError(f"{email}: this address has an account already") from None
        except InvalidClaims as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps({"email": user.email, "activated": user.is_activated}))

    def _password(self, email: str) -> str:
        password = sys.stdin.readline().rstrip("\r\n")
        if faults := passwords.faults(password, email=email):
            raise CommandError(" ".join(faults))
        return password


def _read(file: Path) -> dict:
    try:
        claims = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: {error}") from None
    if not isinstance(claims, dict):
        raise CommandError(f"{file}: expected an object of claims")
    return claims
