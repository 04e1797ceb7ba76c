"""Deleting what has expired: by indexed expiry, in set-based batches, while the site serves."""

from django.utils import timezone

from ncconnect.purge import delete_oldest
from oidc_provider.models import Grant, UsedAssertion

BATCH = 10_000  # rows nobody reads any more, in a fraction of a second


def purge() -> int:
    """Delete a batch of one table; returns how many rows went (0: nothing is left anywhere)."""
    now = timezone.now()
    gone = delete_oldest(Grant, "ends_at", now, BATCH)
    return gone or delete_oldest(UsedAssertion, "expires", now, BATCH)
