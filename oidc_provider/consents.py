"""What a person agreed to give a partner."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from ncconnect import audit
from oidc_provider import grants
from oidc_provider.models import Consent, Grant, RelyingParty


def covers(user: User, partner: RelyingParty, scopes: Iterable[str]) -> bool:
    """May these scopes go to this partner without asking now?"""
    match partner.consent:
        case RelyingParty.Consent.INFORMATION:
            return True
        case RelyingParty.Consent.ALWAYS:
            return False
    given = Consent.objects.filter(user=user, relying_party=partner).first()
    return given is not None and set(scopes) <= set(given.scope.split())


def give(user: User, partner: RelyingParty, scopes: Iterable[str]) -> None:
    """Remember the agreement, added to what was agreed before."""
    key = {"user": user, "relying_party": partner}
    with transaction.atomic():
        before = Consent.objects.select_for_update().filter(**key).first()
        scope = " ".join(sorted({*scopes, *(before.scope.split() if before else ())}))
        Consent.objects.update_or_create(
            **key, defaults={"scope": scope, "granted_at": timezone.now()}
        )
        audit.record("consent_given", user=user, partner=partner.client_id, scope=scope)


def withdraw(user: User, partner: RelyingParty) -> None:
    """Take the agreement back: the partner's tokens for this person die with it."""
    with transaction.atomic():
        Consent.objects.filter(user=user, relying_party=partner).delete()
        grants.revoke(Grant.objects.filter(user=user, application=partner))
        audit.record("consent_withdrawn", user=user, partner=partner.client_id)
