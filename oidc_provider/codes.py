"""Redeeming an authorization code: the statement that finds it consumes it.

Of any number of parallel tries one gets the row (RFC 6749, section 4.1.2). What must still be
there is a condition of the same statement: the partner, the person, the session that asked. The
session's row is locked as well: a sign-out under way is waited for, since it cannot see a grant
that was written after it revoked the others.
"""

from django.db import connection
from django.utils import timezone

from oidc_provider.grants import digest
from oidc_provider.models import Grant, RelyingParty, SubjectIdentifier

CONSUME = """
UPDATE oidc_provider_grant AS redeemed SET consumed_at = %(now)s
WHERE code = %(code)s AND application_id = %(partner)s
    AND consumed_at IS NULL AND revoked_at IS NULL AND expires > %(now)s
    AND EXISTS (
        SELECT 1 FROM accounts_user AS person WHERE person.id = redeemed.user_id
        AND person.is_active AND person.activated_at IS NOT NULL
    )
    AND EXISTS (
        SELECT 1 FROM accounts_session AS asking WHERE asking.id = redeemed.session_id {lock}
    )
RETURNING *, (
    SELECT sub FROM oidc_provider_subjectidentifier AS known WHERE known.id = subject_id
) AS sub
"""


def consume(code: str, partner: RelyingParty) -> Grant | None:
    """The grant of this code, now consumed, with its ``subject``; None for anything but that."""
    values = {"now": timezone.now(), "code": digest(code), "partner": partner.pk}
    # SQLite has one writer at a time: there, a sign-out is over or has not begun.
    lock = "FOR KEY SHARE" if connection.features.has_select_for_update else ""
    for grant in Grant.objects.raw(CONSUME.format(lock=lock), values):
        grant.subject = SubjectIdentifier(pk=grant.subject_id, sub=grant.sub)
        return grant
    return None
