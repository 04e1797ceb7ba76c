"""Deleting what has expired: by indexed expiry, in set-based batches, while the site serves."""

from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Session
from ncconnect.purge import delete_oldest
from oidc_provider.grants import uses
from oidc_provider.models import Grant, UsedAssertion

BATCH = 10_000  # rows nobody reads any more, in a fraction of a second


def purge() -> int:
    """Delete a batch of one table; returns how many rows went (0: nothing is left anywhere)."""
    now = timezone.now()
    return _grants(now) or delete_oldest(UsedAssertion, "expires", now, BATCH)


def _grants(now: datetime) -> int:
    """Those that ended first; what their persons read of them later is kept."""
    keys = list(_expired(now).order_by("ends_at").values_list("pk", flat=True)[:BATCH])
    if not keys:
        return 0
    uses.keep(Grant.objects.filter(pk__in=keys))
    # Asked again of each row: one whose session lasts longer meanwhile stays.
    return _expired(now).filter(pk__in=keys)._raw_delete(connection.alias)


def _expired(now: datetime) -> QuerySet[Grant]:
    """Who signs in anew goes on with a session that lasts longer than its first grants: they say
    which partners it has been to, and who is told when it ends."""
    lasting = Session.objects.filter(pk=OuterRef("session_id"), ends_at__gt=now)
    return Grant.objects.filter(~Exists(lasting), ends_at__lte=now)
