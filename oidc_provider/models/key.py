"""The keys that sign."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from oidc_provider.models.partner import RelyingParty


class SigningKey(models.Model):
    """A key of the ring (keys.keyring). The private half is encrypted under SECRET_KEY."""

    class State(models.TextChoices):
        NEXT = "next", _("publiée, ne signe pas encore")
        ACTIVE = "active", _("signe")
        RETIRED = "retired", _("ne signe plus, vérifie encore")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kid = models.CharField(_("identifiant"), max_length=64, unique=True)
    algorithm = models.CharField(
        _("algorithme"), max_length=5, choices=RelyingParty.Algorithm.choices
    )
    state = models.CharField(_("état"), max_length=10, choices=State.choices)
    public = models.JSONField(_("partie publique"))
    private = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(_("signe depuis le"), null=True)
    retired_at = models.DateTimeField(_("ne signe plus depuis le"), null=True)

    class Meta:
        verbose_name = _("clé de signature")
        verbose_name_plural = _("clés de signature")
        constraints = [
            # Two processes that start together cannot both make the key that signs, nor the next.
            models.UniqueConstraint(
                fields=["algorithm", "state"],
                condition=models.Q(state__in=["next", "active"]),
                name="one_key_of_a_state",
            )
        ]
