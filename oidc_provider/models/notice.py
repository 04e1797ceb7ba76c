"""What a partner is told when a session ends."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ncconnect.outgoing import Outgoing
from oidc_provider.models.partner import RelyingParty


class LogoutNotice(Outgoing):
    """One partner, to be told that one session of one person is over.

    The session is gone: ``sub`` and ``sid`` are what the partner knows it by, as in its id_token.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    relying_party = models.ForeignKey(
        RelyingParty,
        models.CASCADE,
        verbose_name=_("service partenaire"),
        related_name="logout_notices",
    )
    sub = models.CharField(max_length=255)
    sid = models.CharField(max_length=22)

    class Meta:
        verbose_name = _("avis de déconnexion")
        verbose_name_plural = pgettext_lazy("several", "avis de déconnexion")
        indexes = [
            models.Index(
                fields=["next_at"], name="notice_due", condition=models.Q(state="pending")
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
