"""What a person agreed to give a partner."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.authentication import Authentication
from accounts.models import User
from ncconnect import audit
from oidc_provider.claims import table
from oidc_provider.grants import lifecycle, visits
from oidc_provider.grants.terms import is_only_informed
from oidc_provider.grants.visits import Visit, Visited
from oidc_provider.models import Consent, Grant, RelyingParty


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
    """Remember the agreement, added to the former one where that still counts."""
    key = {"user": user, "relying_party": partner}
    with transaction.atomic():
        held = _held(key)
        lasting = partner.consent != RelyingParty.Consent.ALWAYS
        scope = " ".join(sorted({*items, *(held.scope.split() if lasting else ())}))
        Consent.objects.filter(pk=held.pk).update(scope=scope, granted_at=timezone.now())
        audit.record("consent_given", user=user, partner=partner.client_id, scope=scope)


def _held(key: dict[str, Any]) -> Consent:
    """The row under its lock, made where there is none: of two first agreements given at once, the
    second adds to the first, and one that is taken back at this moment is given anew."""
    locked = Consent.objects.select_for_update().filter(**key)
    while (held := locked.first()) is None:
        Consent.objects.bulk_create([Consent(**key, scope="")], ignore_conflicts=True)
    return held


def withdraw(user: User, partner: RelyingParty) -> list[Visited]:
    """Take the agreement back: all that the partner holds of this person dies with it.

    Returns the visits that this ends, of which the partner is still to be told: the sessions go on,
    and so does the ``sub``. Locked in the order of all: person, consent, sessions, grants; a code
    that is being given on this agreement comes before, and dies too, or is not given.
    """
    with transaction.atomic():
        User.objects.locked(pk=user.pk)
        agreed, _ = Consent.objects.filter(user=user, relying_party=partner).delete()
        held = Grant.objects.filter(subject__user=user, application=partner)
        ended = visits.ending(held)
        if lifecycle.withdraw(held) or agreed:
            audit.record("consent_withdrawn", user=user, partner=partner.client_id)
    return ended
