"""What a person agreed to give a partner."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.utils import timezone

from accounts.authentication import Authentication
from accounts.models import User
from ncconnect import audit
from oidc_provider.claims import table
from oidc_provider.grants import lifecycle
from oidc_provider.grants.visits import Visit
from oidc_provider.models import Consent, Grant, RelyingParty


def is_only_informed(partner: RelyingParty, items: Collection[str]) -> bool:
    """Core, section 11: access while the person is away is never given without their consent."""
    informs = partner.consent == RelyingParty.Consent.INFORMATION
    return informs and "offline_access" not in items


def covers(
    partner: RelyingParty,
    items: Collection[str],
    authentication: Authentication,
    visit: Visit | None,
) -> bool:
    """May these items (``Terms.items``) go to this partner without asking now?

    ``always`` asks at each sign-in: an agreement counts in the session that it was given in, until
    the person signs in anew.
    """
    always = partner.consent == RelyingParty.Consent.ALWAYS
    if is_only_informed(partner, items):
        return True
    if always and visit is None:
        return False
    scope, agreed_at = _given(authentication.user, partner, visit)
    if scope is None or (always and agreed_at < authentication.at):
        return False
    return table.cover(scope.split(), items)


def _given(user: User, partner: RelyingParty, visit: Visit | None) -> tuple:
    """What was agreed, and when; the visit brings it along where there is one."""
    if visit:
        return visit.agreed_scope, visit.agreed_at
    consents = Consent.objects.filter(user=user, relying_party=partner)
    return consents.values_list("scope", "granted_at").first() or (None, None)


def give(user: User, partner: RelyingParty, items: Iterable[str]) -> None:
    """Remember the agreement, added to the former one where that still counts.

    The row is there before it is read under its lock: of two first agreements given at once, the
    second adds to the first.
    """
    key = {"user": user, "relying_party": partner}
    with transaction.atomic():
        Consent.objects.get_or_create(**key, defaults={"scope": ""})
        held = Consent.objects.select_for_update().get(**key)
        lasting = partner.consent != RelyingParty.Consent.ALWAYS
        scope = " ".join(sorted({*items, *(held.scope.split() if lasting else ())}))
        Consent.objects.filter(pk=held.pk).update(scope=scope, granted_at=timezone.now())
        audit.record("consent_given", user=user, partner=partner.client_id, scope=scope)


def withdraw(user: User, partner: RelyingParty) -> None:
    """Take the agreement back: the partner's tokens for this person die with it."""
    with transaction.atomic():
        Consent.objects.filter(user=user, relying_party=partner).delete()
        lifecycle.revoke(Grant.objects.filter(subject__user=user, application=partner))
        audit.record("consent_withdrawn", user=user, partner=partner.client_id)
