"""A session's visit to a partner: its ``sid``, and what the person agreed to there."""

from django.conf import settings
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.authentication import Authentication
from oidc_provider.models import Consent, RelyingParty, RelyingPartySession, new_sid
from oidc_provider.subjects import sector_of, subject_for

# The partner's name for the person is read, and the visit opened or found, by one statement.
OPEN = """
INSERT INTO oidc_provider_relyingpartysession AS visit
    (session_id, relying_party_id, subject_id, sid, created_at, ends_at)
SELECT %(session)s, %(partner)s, known.id, %(sid)s, %(now)s, %(end)s
FROM oidc_provider_subjectidentifier AS known
WHERE known.user_id = %(user)s AND known.sector = %(sector)s
ON CONFLICT (session_id, relying_party_id) DO UPDATE SET sid = visit.sid
RETURNING *
"""


def visit_to(
    relying_party: RelyingParty, authentication: Authentication
) -> RelyingPartySession | None:
    """This session's visit to this partner; None before the first one.

    ``agreed_scope`` and ``agreed_at`` are those of the person's consent, None without one.
    """
    consent = Consent.objects.filter(
        user=authentication.user, relying_party=OuterRef("relying_party")
    )
    return (
        RelyingPartySession.objects.filter(
            session_id=authentication.session_id, relying_party=relying_party
        )
        .annotate(
            agreed_scope=Subquery(consent.values("scope")),
            agreed_at=Subquery(consent.values("granted_at")),
        )
        .first()
    )


def open_visit(relying_party: RelyingParty, authentication: Authentication) -> RelyingPartySession:
    """This session's visit to this partner: the same ``sid`` each time. Two first visits agree."""
    visit = _open(relying_party, authentication)
    if visit is None:
        subject_for(authentication.user, relying_party)  # the first time ever
        visit = _open(relying_party, authentication)
    return visit


def _open(
    relying_party: RelyingParty, authentication: Authentication
) -> RelyingPartySession | None:
    now = timezone.now()
    values = {
        "session": _uuid(authentication.session_id),
        "partner": relying_party.pk,
        "sid": new_sid(),
        "now": now,
        "end": now + settings.SESSION_ABSOLUTE_TIME,
        "user": _uuid(authentication.user.pk),
        "sector": sector_of(relying_party),
    }
    return next(iter(RelyingPartySession.objects.raw(OPEN, values)), None)


def _uuid(value):
    """As this database keeps it."""
    return RelyingPartySession._meta.get_field("session_id").get_db_prep_value(value, connection)
