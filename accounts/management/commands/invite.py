"""manage.py invite: a way to sign up for somebody who can neither see nor hear the test."""

import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.email_identity import InvalidEmail
from accounts.flows import invitation as flow


class Command(BaseCommand):
    help = "Mails a link, good once, that signs up without the captcha."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--language", choices=sorted(dict(settings.LANGUAGES)), default="fr")

    def handle(self, *, email, language, **options):
        try:
            invitation = flow.invite(email=email, language=language)
        except InvalidEmail:
            raise CommandError(f"{email}: not an address that can be used") from None
        except flow.HasAccount:
            raise CommandError(f"{email}: this address has an account already") from None
        facts = {"email": invitation.email, "expires": invitation.expires_at.isoformat()}
        self.stdout.write(json.dumps(facts))
