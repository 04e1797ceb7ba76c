"""The partners that a session has reached, for « Appareils et sessions »."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from oidc_provider.models import Grant


def reached(sessions: Sequence[UUID]) -> Mapping[UUID, Sequence[str]]:
    """Their names, in order, by the key of the session. A code that nobody redeemed led nowhere."""
    arrived = Grant.objects.filter(session__in=sessions).exclude(consumed_at=None)
    pairs = arrived.values_list("session", "application__name").order_by("application__name")
    found: dict[UUID, list[str]] = {}
    for session, name in pairs.distinct():
        found.setdefault(session, []).append(name)
    return found
