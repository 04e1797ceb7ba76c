"""The outbox: every mail is a row, from the moment it is decided until a month after it left."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ncconnect.outgoing import Outgoing, OutgoingQuerySet

REFUSED = "refused:"  # how last_error begins when the recipient's server has the last word


class OutboxQuerySet(OutgoingQuerySet):
    def refused(self, to: str, names: Iterable[str], since: datetime) -> bool:
        """Whether the server of this address has refused one of these mails, written since then."""
        dead = self.filter(to=to, state=Outgoing.State.DEAD, name__in=names, created_at__gte=since)
        return dead.filter(last_error__startswith=REFUSED).exists()


class Outbox(Outgoing):
    """A mail. ``context`` holds keys only; links are made when the mail is rendered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("modèle"), max_length=60)
    to = models.EmailField(_("destinataire"), max_length=254)
    language = models.CharField(_("langue"), max_length=5)
    context = models.JSONField(default=dict)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        indexes = [
            models.Index(fields=["next_at"], name="mail_due", condition=Q(state="pending")),
            models.Index(fields=["to"], name="mail_given_up", condition=Q(state="dead")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"

    @property
    def message_id(self) -> str:
        """Fixed for the life of the row (RFC 5322, 3.6.4): a duplicate is seen for what it is."""
        return f"<{self.id}@{urlsplit(settings.ORIGIN).hostname}>"
