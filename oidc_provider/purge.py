"""Deleting what has expired: by indexed expiry, in set-based batches, while the site serves."""

from datetime import datetime

from django.db import connection
from django.db.models import Exists, Model, OuterRef
from django.utils import timezone

from oidc_provider.models import (
    AccessToken,
    Grant,
    RefreshToken,
    RelyingPartySession,
    UsedAssertion,
)

BATCH = 10_000  # rows nobody reads any more, in a fraction of a second
# What ends by its own column, and hangs on nothing that is deleted here before it.
EXPIRING: dict[type[Model], str] = {
    AccessToken: "expires",
    RefreshToken: "expires",
    RelyingPartySession: "ends_at",
    UsedAssertion: "expires",
}


def purge() -> int:
    """Delete a batch of one table; returns how many rows went (0: nothing is left anywhere)."""
    now = timezone.now()
    for model, end in EXPIRING.items():
        if deleted := _delete(model, end, now):
            return deleted
    return _delete(Grant, "ends_at", now, without=(AccessToken, RefreshToken))


def _delete(
    model: type[Model], end: str, now: datetime, without: tuple[type[Model], ...] = ()
) -> int:
    """One DELETE of the oldest ones, without reading the rows.

    ``without``: what hangs on a row and keeps it, should it live longer. It is looked for among
    the rows of the batch only: a condition on all that has expired would read them all each time.
    """
    expired = model._default_manager.filter(**{f"{end}__lt": now})
    batch = model._default_manager.filter(pk__in=expired.order_by(end).values("pk")[:BATCH])
    for other in without:
        batch = batch.exclude(Exists(other._default_manager.filter(grant=OuterRef("pk"))))
    return batch._raw_delete(connection.alias)
