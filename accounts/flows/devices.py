"""A person ends their sessions elsewhere, and forgets devices. What opens meanwhile waits."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.flows import sessions
from accounts.models import Device, Session, User
from ncconnect import audit

# Upper floors end more for it than for a sign-out: whoever asks has lost a telephone.
BY_PERSON = "by_person"


def end(user: User, key: UUID) -> Session | None:
    """This session, if it is one of theirs. Returns it; None when it has ended already."""
    with transaction.atomic():
        User.objects.locked(pk=user.pk)
        theirs = Session.objects.filter(user=user, pk=key)
        session = theirs.first()
        return session if sessions.end(theirs, reason=BY_PERSON) else None


def end_others(user: User, *, keep: Session) -> None:
    """All but the one at hand; those too that ran out, whose partners may not have noticed."""
    with transaction.atomic():
        User.objects.locked(pk=user.pk)
        sessions.end_all(user, reason=BY_PERSON, keep=keep)


def forget(user: User, key: UUID) -> Device | None:
    """This device, if it is one of theirs. Returns it; None when it is forgotten already.

    What is left of its sessions ends with it; one that is open goes on, and is ended by itself.
    """
    with transaction.atomic():
        User.objects.locked(pk=user.pk)
        device = Device.objects.filter(user=user, pk=key).first()
        if device is None:
            return None
        Device.objects.filter(pk=device.pk).delete()
        theirs = Session.objects.filter(
            user=user, device=device.pk, expire_date__lte=timezone.now()
        )
        sessions.end(theirs, reason=BY_PERSON)
        audit.record("device_forgotten", user=user, forgotten=device.device_facts)
    return device
