"""What leaves the service through an outbox: mails, logout notices.

A row is written in the transaction of what caused it, and a worker sends it after that. It is
claimed before it is sent, so that two workers do not both send it; the claim is committed, and
ends by itself when the worker dies.
"""

from datetime import timedelta
from typing import Self

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ncconnect import audit

# Longer than a worker can hold a row (CELERY_TASK_TIME_LIMIT): what is claimed and not settled
# after this time was claimed by a worker that died.
LEASE = timedelta(seconds=60)
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(minutes=5)
# A sweep takes up no new row after this time: one more may hold it for a whole time-out, and both
# must fit in CELERY_TASK_SOFT_TIME_LIMIT.
SWEEP_SECONDS = 12


def delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, up to LONGEST_DELAY."""
    return min(FIRST_DELAY * 2 ** min(attempts - 1, 10), LONGEST_DELAY)


class OutgoingQuerySet(models.QuerySet):
    def due(self) -> Self:
        """Waiting rows whose time has come and that no living worker holds."""
        now = timezone.now()
        unheld = Q(leased_until=None) | Q(leased_until__lte=now)
        return self.filter(unheld, state=Outgoing.State.PENDING, next_at__lte=now)

    def claim(self):
        """Take one due row for the time of a lease; None when there is none for us."""
        skip_locked = connection.features.has_select_for_update_skip_locked
        with transaction.atomic():
            due = self.due().select_for_update(skip_locked=skip_locked)
            row = due.order_by("next_at").first()
            if row:
                row.leased_until = timezone.now() + LEASE
                row.attempts += 1
                row.save(update_fields=["leased_until", "attempts"])
        return row

    def older(self, state: str, kept: timedelta) -> Self:
        return self.filter(state=state, created_at__lt=timezone.now() - kept)

    def oldest(self) -> int:
        """Age in seconds of the oldest row that waits; 0 when there is none."""
        waiting = self.filter(state=Outgoing.State.PENDING).order_by("created_at")
        first = waiting.values_list("created_at", flat=True).first()
        return max(0, int((timezone.now() - first).total_seconds())) if first else 0

    def send_again(self, *, actor) -> int:
        """Give rows that were given up their whole time anew; how many. The trail keeps by whom."""
        now = timezone.now()
        with transaction.atomic():
            dead = self.filter(state=Outgoing.State.DEAD).select_for_update(of=("self",))
            keys = [row.pk for row in dead]
            again = self.model.objects.filter(pk__in=keys).update(
                state=Outgoing.State.PENDING,
                created_at=now,
                next_at=now,
                attempts=0,
                leased_until=None,
            )
            for key in keys:
                audit.record("sent_again", actor=actor, what=self.model.__name__, key=str(key))
        return again


class Outgoing(models.Model):
    """One thing to send. ``last_error`` never holds the words of the other side."""

    class State(models.TextChoices):
        PENDING = "pending", _("à envoyer")
        SENT = "sent", _("envoyé")
        DEAD = "dead", _("abandonné")

    state = models.CharField(_("état"), max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("essais"), default=0)
    created_at = models.DateTimeField(_("écrit le"), default=timezone.now, db_index=True)
    next_at = models.DateTimeField(_("prochain essai"), default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("envoyé le"), null=True)
    last_error = models.CharField(_("dernier échec"), max_length=100, blank=True)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        abstract = True

    def settle(self, **fields) -> int:
        """Write the outcome down, unless another worker has, after our lease ran out."""
        return self._ours().update(**fields)

    def forget(self) -> None:
        """Leave no trace of it, unless another worker has it now."""
        self._ours().delete()

    def _ours(self) -> models.QuerySet:
        held = {"state": self.State.PENDING, "attempts": self.attempts}
        return type(self)._default_manager.filter(pk=self.pk, **held)

    def settle_sent(self) -> int:
        return self.settle(state=self.State.SENT, sent_at=timezone.now(), last_error="")

    def settle_dead(self, cause: str) -> int:
        return self.settle(state=self.State.DEAD, leased_until=None, last_error=cause)

    def put_off(self, cause: str) -> int:
        """Try again later, longer each time."""
        next_at = timezone.now() + delay(self.attempts)
        return self.settle(next_at=next_at, leased_until=None, last_error=cause)

    def is_older_than(self, lifetime: timedelta) -> bool:
        return timezone.now() - self.created_at > lifetime
