"""The outbox: every mail is a row, from the moment it is decided until a month after it left."""

import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ncconnect.outgoing import Outgoing


class Outbox(Outgoing):
    """A mail. ``context`` holds keys only; links are made when the mail is rendered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("modèle"), max_length=60)
    to = models.EmailField(_("destinataire"), max_length=254)
    language = models.CharField(_("langue"), max_length=5)
    context = models.JSONField(default=dict)

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
