import time

from django.db import models

from ncconnect.purge import delete_batch


class Counter(models.Model):
    """Hits of one key in its current window. ``expires_at`` is in seconds since 1970.

    ``key``: 64 bits of a keyed digest. Nobody can look for two that agree, and if two ever do,
    they share a counter.
    """

    key = models.BigIntegerField(primary_key=True)
    count = models.PositiveIntegerField()
    expires_at = models.BigIntegerField(db_index=True)


def purge() -> int:
    """Delete a batch of the counters whose window has closed."""
    return delete_batch(Counter.objects.filter(expires_at__lte=int(time.time())))
