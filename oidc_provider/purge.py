"""Deleting what has expired: by indexed expiry, in set-based batches, while the site serves."""

from django.db import connection
from django.db.models import Model, QuerySet
from django.utils import timezone

from ncconnect.purge import BATCH
from oidc_provider.models import AccessToken, Grant, RefreshToken, RelyingPartySession

TOKENS: tuple[type[Model], ...] = (AccessToken, RefreshToken)


def purge() -> int:
    """Delete at most a batch of each table; returns how many rows went (0: nothing is left).

    Tokens go first. A grant goes with the last token that came of it, so none is left behind:
    a token's end is never later than its grant's.
    """
    now = timezone.now()
    count = sum(_delete(model, model.objects.filter(expires__lt=now)) for model in TOKENS)
    count += _delete_grants(Grant.objects.filter(ends_at__lt=now))
    return count + _delete(RelyingPartySession, RelyingPartySession.objects.filter(ends_at__lt=now))


def _delete_grants(ended: QuerySet[Grant]) -> int:
    keys = list(ended.values_list("pk", flat=True)[:BATCH])
    if not keys:
        return 0
    for model in TOKENS:
        model._default_manager.filter(grant_id__in=keys)._raw_delete(connection.alias)
    return Grant.objects.filter(pk__in=keys)._raw_delete(connection.alias)


def _delete(model: type[Model], expired: QuerySet) -> int:
    """One DELETE of a batch, without reading the rows: nothing hangs on them."""
    batch = expired.order_by().values("pk")[:BATCH]
    return model._default_manager.filter(pk__in=batch)._raw_delete(connection.alias)
