"""How long the audit trail is kept: twelve months, the upper end of what the CNIL finds usual."""

from django.conf import settings
from django.utils import timezone

from ncconnect.audit.models import Event
from ncconnect.purge import delete_batch

RETENTION = settings.AUDIT_TIME


def purge() -> int:
    """Delete a batch of the rows that are older than RETENTION."""
    return delete_batch(Event.objects.filter(at__lt=timezone.now() - RETENTION))
