"""Subject identifiers: random, stored, one per person and sector (Core, section 8)."""

import secrets

from django.db import IntegrityError, transaction

from accounts.models import User
from oidc_provider.models import RelyingParty, SubjectIdentifier

PUBLIC_SECTOR = ""


def sector_of(relying_party: RelyingParty) -> str:
    public = relying_party.subject_type == RelyingParty.SubjectType.PUBLIC
    return PUBLIC_SECTOR if public else relying_party.sector


def subject_for(user: User, relying_party: RelyingParty) -> SubjectIdentifier:
    """The person's identifier for this partner, made at the first use. Two first uses agree."""
    key = {"user": user, "sector": sector_of(relying_party)}
    subject = SubjectIdentifier.objects.filter(**key).first()
    if subject:
        return subject
    try:
        with transaction.atomic():
            return SubjectIdentifier.objects.create(**key, sub=secrets.token_urlsafe(24))
    except IntegrityError:
        return SubjectIdentifier.objects.get(**key)
