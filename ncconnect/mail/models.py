"""The outbox: every mail is a row, from the moment it is decided until a month after it left."""

import uuid
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Longer than a worker can hold a mail (CELERY_TASK_TIME_LIMIT): a mail that is claimed and not
# settled after this time was claimed by a worker that died.
LEASE = timedelta(seconds=60)


class OutboxQuerySet(models.QuerySet):
    def due(self) -> "OutboxQuerySet":
        """Waiting mails whose time has come and that no living worker holds."""
        now = timezone.now()
        unheld = Q(leased_until=None) | Q(leased_until__lte=now)
        return self.filter(unheld, state=Outbox.State.PENDING, next_at__lte=now)


class Outbox(models.Model):
    """A mail. ``context`` holds keys only; links are made when the mail is rendered."""

    class State(models.TextChoices):
        PENDING = "pending", _("à envoyer")
        SENT = "sent", _("envoyé")
        DEAD = "dead", _("abandonné")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("modèle"), max_length=60)
    to = models.EmailField(_("destinataire"), max_length=254)
    language = models.CharField(_("langue"), max_length=5)
    context = models.JSONField(default=dict)
    state = models.CharField(_("état"), max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("essais"), default=0)
    created_at = models.DateTimeField(_("écrit le"), default=timezone.now, db_index=True)
    next_at = models.DateTimeField(_("prochain essai"), default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("envoyé le"), null=True)
    last_error = models.CharField(_("dernier échec"), max_length=100, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        indexes = [
            models.Index(fields=["next_at"], name="mail_due", condition=Q(state="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"

    @property
    def message_id(self) -> str:
        """Fixed for the life of the row (RFC 5322, 3.6.4): a duplicate is seen for what it is."""
        return f"<{self.id}@{urlsplit(settings.ORIGIN).hostname}>"
