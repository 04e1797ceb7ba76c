"""A session's visits to partners: the grants that it gave, and the ``sid`` that each partner knows.

No row of its own tells of a visit: whoever has a grant of this session has been visited in it,
until the person takes its access back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.authentication import Authentication
from accounts.models import Session
from ncconnect import rows
from oidc_provider.claims.subjects import sector_of, sid_of
from oidc_provider.models import Consent, Grant, RelyingParty, SubjectIdentifier

AGREED = ("scope", "granted_at")
VISIT = f"""
SELECT {rows.columns(Consent, "agreed", AGREED)} FROM oidc_provider_grant AS given
LEFT JOIN oidc_provider_consent AS agreed
    ON agreed.relying_party_id = given.application_id AND agreed.user_id = %s
WHERE given.session_id = %s AND given.application_id = %s AND given.withdrawn_at IS NULL LIMIT 1
"""  # noqa: S608  (column names of our own)


@dataclass(frozen=True)
class Visit:
    """An earlier visit of this session, and what the person agreed to there, None if to nothing."""

    agreed_scope: str | None
    agreed_at: datetime | None


def visit_to(relying_party: RelyingParty, authentication: Authentication) -> Visit | None:
    """This session's visit to this partner; None before the first one."""
    found = rows.first(
        VISIT,
        [
            rows.value(Consent, "user", authentication.user.pk),
            rows.value(Grant, "session", authentication.session_id),
            relying_party.pk,
        ],
    )
    if found is None:
        return None
    agreed = rows.built(Consent, found, AGREED)
    return Visit(agreed.scope, agreed.granted_at)


def held(relying_party: RelyingParty, sub: str, sid: str) -> QuerySet[Grant]:
    """What this partner holds of the person and of the session that it knows by these names.

    A sid cannot be undone: those of the person's few sessions there are made again.
    """
    known = SubjectIdentifier.objects.filter(sector=sector_of(relying_party), sub=sub)
    grants = Grant.objects.filter(application=relying_party, subject__in=known)
    sessions = grants.values_list("session", flat=True).distinct()
    named = [key for key in sessions if sid_of(key, relying_party.client_id) == sid]
    return grants.filter(session__in=named)


@dataclass(frozen=True)
class Visited:
    """A partner that a session has been to, and what it knows the session and the person by."""

    relying_party_id: int
    name: str
    backchannel_logout_uri: str
    sub: str
    sid: str


def visited(sessions: Iterable[UUID]) -> list[Visited]:
    """The partners of these sessions, by name."""
    return _told_by(Grant.objects.filter(session__in=list(sessions)))


def ending(grants: QuerySet[Grant]) -> list[Visited]:
    """The visits of these grants in sessions that have not ended: those are held until the
    transaction ends, so that one that ends at this moment tells of its visits first."""
    of_these = Session.objects.filter(pk__in=grants.values("session_id")).order_by("pk")
    held = of_these.select_for_update(no_key=True).values_list("pk", flat=True)
    return _told_by(grants.filter(session__in=list(held)))


def _told_by(grants: QuerySet[Grant]) -> list[Visited]:
    found = (
        grants.filter(withdrawn_at=None)
        .order_by("application__name", "application")
        .values_list(
            "application",
            "application__name",
            "application__backchannel_logout_uri",
            "subject__sub",
            "session",
            "application__client_id",
        )
        .distinct()
    )
    return [Visited(*row, sid=sid_of(session, client)) for *row, session, client in found]
