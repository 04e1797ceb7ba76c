"""Redeeming a code, rotating a refresh token: the statement that finds the grant settles it.

Of any number of parallel tries one gets the row (RFC 6749, section 4.1.2; RFC 9700, section
4.14.2). What must still be there is a condition of the same statement: the partner, the person, the
session that asked unless the tokens outlive it, and for a code redirect_uri and code_challenge.
"""

import hashlib
from uuid import UUID

from django.utils import timezone

from accounts.models import Session
from ncconnect import rows
from ncconnect.handles import Handle
from oidc_provider.grants import pkce, standing
from oidc_provider.grants.bearer import Token
from oidc_provider.models import Grant, RelyingParty, SubjectIdentifier

_WITH_SUBJECT = f"""RETURNING {rows.columns(Grant)}, (
    SELECT sub FROM oidc_provider_subjectidentifier AS known WHERE known.id = subject_id
), (
    SELECT user_id FROM oidc_provider_subjectidentifier AS known WHERE known.id = subject_id
), (
    SELECT ends_at FROM accounts_session AS held WHERE held.id = session_id
)"""  # noqa: S608  (column names of our own)
REDEEM = f"""
UPDATE oidc_provider_grant AS given SET consumed_at = %(now)s, binding = %(nothing)s
WHERE id = %(id)s AND application_id = %(partner)s AND code = %(code)s AND binding = %(binding)s
    AND consumed_at IS NULL AND revoked_at IS NULL AND expires > %(now)s
    AND {standing.SESSION_LASTS} AND {standing.PERSON_IS_THERE}
{_WITH_SUBJECT}
"""  # noqa: S608  (column names of our own)
ROTATE = f"""
UPDATE oidc_provider_grant AS given SET refreshes = refreshes + 1
WHERE id = %(id)s AND application_id = %(partner)s AND refreshes = %(number)s
    AND consumed_at IS NOT NULL AND revoked_at IS NULL
    AND {standing.LASTS} AND {standing.PERSON_IS_THERE}
{_WITH_SUBJECT}
"""  # noqa: S608  (column names of our own)


def bound_to(redirect_uri: str, code_challenge: str) -> bytes:
    """What a code is bound to, as its grant keeps it (RFC 6749, 4.1.3; RFC 7636, 4.4)."""
    return hashlib.sha256(f"{code_challenge}\0{redirect_uri}".encode()).digest()


def redeem(code: Handle, partner: RelyingParty, redirect_uri: str, verifier: str) -> Grant | None:
    """The grant of this code, now consumed, with its ``subject`` and ``session_ends_at``.

    None for anything but that.

    ``verifier``: PKCE's code_verifier, empty when none is sent. It is needed if, and only if, a
    challenge was sent.
    """
    if verifier and not pkce.is_well_formed(verifier):
        return None
    binding = bound_to(redirect_uri, pkce.challenge_of(verifier) if verifier else "")
    values = {"nothing": b"", "code": code.digest, "binding": binding, "now": _now()}
    return _settled(REDEEM, values | _row(code.id, partner))


def rotate(token: Token, partner: RelyingParty) -> Grant | None:
    """The grant of this refresh token, now used up, with its ``subject``; None otherwise.

    The number of the next one is ``refreshes``.
    """
    if token.moment <= timezone.now():
        return None
    values = {"number": token.number, "now": _now()}
    return _settled(ROTATE, values | _row(token.grant_id, partner))


def give_back(grant: Grant) -> None:
    """The request was wrong after all: the refresh token is still good."""
    Grant.objects.filter(pk=grant.pk).update(refreshes=grant.refreshes - 1)


def _now():
    return rows.value(Grant, "expires", timezone.now())


def _row(key: UUID, partner: RelyingParty) -> dict:
    return {"id": rows.value(Grant, "id", key), "partner": partner.pk}


def _settled(statement: str, values: dict) -> Grant | None:
    found = rows.first(statement, values)
    if found is None:
        return None
    *columns, sub, person, session_end = found
    grant = rows.built(Grant, columns)
    person = SubjectIdentifier._meta.get_field("user").to_python(person)
    grant.subject = SubjectIdentifier(pk=grant.subject_id, sub=sub, user_id=person)
    grant.session_ends_at = rows.built(Session, [session_end], ("ends_at",)).ends_at
    return grant
