"""« Ce n’était pas moi »: whoever is in the account is out, and only its mailbox leads back in.

A person says it of an event in their history. It can only close: nothing is gained by who says it
in their place, and the owner is told by mail, with the way to a new password.
"""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts import emails, links
from accounts.devices.models import Device
from accounts.flows import credentials
from accounts.models import OneTimeLink, User
from ncconnect import audit
from ncconnect.audit.models import Event

RESET = OneTimeLink.Purpose.PASSWORD_RESET


def deny(user: User, event: Event, *, language: str = "") -> None:
    """This event was not its person's doing: the password may be in other hands.

    In one transaction: it serves no more, every session ends with all that came of it, access in
    absence too, no browser is known any more, links that were sent are dead, and a new one goes to
    the mailbox. Said twice, it is done once more, to what was opened meanwhile.
    """
    with transaction.atomic():
        held = User.objects.locked(pk=user.pk)
        if held is None:
            return
        credentials.replace(held, make_password(None))
        audit.record("event_denied", user=held, denied=event.pk, what=event.event)
        credentials.end_all(held, reason="denied")
        Device.objects.filter(user=held).delete()
        link = links.issue(user=held, purpose=RESET, lifetime=settings.PASSWORD_RESET_LINK_TIME)
        emails.not_me(user=held, link=link, language=language)


def is_denied(person: UUID, event: int) -> bool:
    """Has this person said it of this event? A form that is sent twice comes after all is over."""
    said = Event.objects.of_person(person).filter(event="event_denied")
    return any(row.facts.get("denied") == event for row in said[:20])
