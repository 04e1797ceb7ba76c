"""Deleting what has expired: by indexed expiry, in set-based batches, while the site serves."""

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Session
from ncconnect.purge import delete_oldest
from oidc_provider.models import Grant, UsedAssertion

BATCH = 10_000  # rows nobody reads any more, in a fraction of a second


def purge() -> int:
    """Delete a batch of one table; returns how many rows went (0: nothing is left anywhere)."""
    now = timezone.now()
    # Who signs in anew goes on with a session that lasts longer than its first grants: they say
    # which partners it has been to, and who is told when it ends.
    lasting = Session.objects.filter(pk=OuterRef("session_id"), ends_at__gt=now)
    gone = delete_oldest(Grant, "ends_at", now, BATCH, only=~Exists(lasting))
    return gone or delete_oldest(UsedAssertion, "expires", now, BATCH)
