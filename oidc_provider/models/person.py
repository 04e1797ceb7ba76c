"""What a partner knows a person by, and what the person agreed to."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from oidc_provider.models.partner import RelyingParty


class SubjectIdentifier(models.Model):
    """The name under which a sector knows a person (``sub``). Never changed, never given again."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="subjects", db_index=False
    )
    sector = models.CharField(max_length=255)
    sub = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "sector"], name="one_sub_per_sector"),
            models.UniqueConstraint(fields=["sector", "sub"], name="one_person_per_sub"),
        ]


class Consent(models.Model):
    """What a person agreed to give a partner, and when."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="consents", db_index=False
    )
    relying_party = models.ForeignKey(RelyingParty, models.CASCADE, related_name="consents")
    scope = models.TextField()
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "relying_party"], name="one_consent_per_partner"
            )
        ]


class PartnerUse(models.Model):
    """When a person first and last signed in at a partner, by the grants that are purged by now.

    Those that are still there say the rest (oidc_provider.grants.uses). A partner that was removed
    leaves its name here, and no more.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="partner_uses", db_index=False
    )
    relying_party = models.ForeignKey(RelyingParty, models.SET_NULL, null=True, related_name="uses")
    name = models.CharField(max_length=255, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "relying_party"], name="one_use_per_partner")
        ]
