"""An invitation to sign up without the test: for those who can neither see it nor hear it.

Support or a counter sends it to an address; its link opens the sign-up page for that address, once,
within LIFETIME. What the link replaces is the test, and the pace of the network. The mailbox is
proved as ever.
"""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import emails, links
from accounts.email_identity import canonical
from accounts.models import Invitation, User
from ncconnect import audit
from ncconnect.sealed import Unreadable

LIFETIME = settings.INVITATION_TIME


class HasAccount(Exception):
    """The address has an account already: signing in, or a forgotten password, is the way."""


def invite(*, email: str, language: str = "fr", actor: User | None = None) -> Invitation:
    """Send an invitation. Raises InvalidEmail, HasAccount."""
    email = canonical(email)
    if User.objects.filter(email=email, activated_at__isnull=False).exists():
        raise HasAccount
    with transaction.atomic():
        invitation = Invitation.objects.create(
            email=email, expires_at=timezone.now() + LIFETIME, invited_by=actor
        )
        audit.record("invitation_sent", actor=actor, invitation=str(invitation.pk), email=email)
        emails.invitation(invitation=invitation, language=language)
    return invitation


def find(token: str) -> Invitation | None:
    """The invitation behind a token, while it can be used."""
    return _usable().filter(pk=_key(token)).first()


def find_used(token: str) -> Invitation | None:
    """The invitation behind a token, once it was used."""
    return Invitation.objects.filter(pk=_key(token), used_at__isnull=False).first()


def use(invitation: Invitation) -> bool:
    """Use it up. True once: every other call, at the same instant or later, is False."""
    if not _usable().filter(pk=invitation.pk).update(used_at=timezone.now()):
        return False
    audit.record("invitation_used", invitation=str(invitation.pk), email=invitation.email)
    return True


def _usable():
    return Invitation.objects.filter(used_at=None, expires_at__gt=timezone.now())


def _key(token: str) -> UUID | None:
    try:
        return links.INVITATION.open(token)
    except Unreadable:
        return None
