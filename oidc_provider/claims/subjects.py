"""Subject identifiers: random, stored, one per person and sector (Core, section 8)."""

import base64
import hashlib
import secrets
from collections.abc import Collection
from uuid import UUID

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


def is_known_as(user: User, relying_party: RelyingParty, subs: Collection[str]) -> bool:
    """Is this person known to this partner by one of these? A look, that names nobody."""
    known = SubjectIdentifier.objects.filter(user=user, sector=sector_of(relying_party))
    return known.filter(sub__in=subs).exists()


def sid_of(session_id: UUID, client_id: str) -> str:
    """The session, as this partner knows it (Back-Channel Logout, section 2.1).

    Made of the session's key, which no partner knows: the same in every id_token of both, and no
    two partners can tell that they speak of one session.
    """
    digest = hashlib.sha256(b"sid\0" + session_id.bytes + client_id.encode()).digest()
    return base64.urlsafe_b64encode(digest[:15]).decode()
