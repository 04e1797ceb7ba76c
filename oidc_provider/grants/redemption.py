"""Redeeming a code, rotating a refresh token: the statement that finds the grant settles it.

Of any number of parallel tries one gets the row (RFC 6749, section 4.1.2; RFC 9700, section
4.14.2). What must still be there is a condition of the same statement: the partner, the person, and
for a code the session that asked, redirect_uri and code_challenge.
"""

import hashlib
from uuid import UUID

from django.utils import timezone

from ncconnect import rows
from ncconnect.handles import Handle
from oidc_provider.grants import pkce
from oidc_provider.grants.bearer import Token
from oidc_provider.models import Grant, RelyingParty, SubjectIdentifier

_PERSON_IS_THERE = """EXISTS (
    SELECT 1 FROM oidc_provider_subjectidentifier AS known
    JOIN accounts_user AS person ON person.id = known.user_id
    WHERE known.id = given.subject_id AND person.is_active AND person.activated_at IS NOT NULL
)"""
_WITH_SUBJECT = f"""RETURNING {rows.columns(Grant)}, (
    SELECT sub FROM oidc_provider_subjectidentifier AS known WHERE known.id = subject_id
), (
    SELECT user_id FROM oidc_provider_subjectidentifier AS known WHERE known.id = subject_id
)"""  # noqa: S608  (column names of our own)
REDEEM = f"""
UPDATE oidc_provider_grant AS given SET consumed_at = %(now)s, binding = %(nothing)s
WHERE id = %(id)s AND application_id = %(partner)s AND code = %(code)s AND binding = %(binding)s
    AND consumed_at IS NULL AND revoked_at IS NULL AND expires > %(now)s
    AND EXISTS (SELECT 1 FROM accounts_session AS asking WHERE asking.id = given.session_id)
    AND {_PERSON_IS_THERE}
{_WITH_SUBJECT}
"""  # noqa: S608  (column names of our own)
ROTATE = f"""
UPDATE oidc_provider_grant AS given SET refreshes = refreshes + 1
WHERE id = %(id)s AND application_id = %(partner)s AND refreshes = %(number)s
    AND consumed_at IS NOT NULL AND revoked_at IS NULL AND {_PERSON_IS_THERE}
{_WITH_SUBJECT}
"""  # noqa: S608  (column names of our own)


def bound_to(redirect_uri: str, code_challenge: str) -> bytes:
    """What a code is bound to, as its grant keeps it (RFC 6749, 4.1.3; RFC 7636, 4.4)."""
    return hashlib.sha256(f"{code_challenge}\0{redirect_uri}".encode()).digest()


def redeem(code: Handle, partner: RelyingParty, redirect_uri: str, verifier: str) -> Grant | None:
    """The grant of this code, now consumed, with its ``subject``; None for anything but that.

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
    return _settled(ROTATE, {"number": token.number} | _row(token.grant_id, partner))


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
    *columns, sub, person = found
    grant = rows.built(Grant, columns)
    person = SubjectIdentifier._meta.get_field("user").to_python(person)
    grant.subject = SubjectIdentifier(pk=grant.subject_id, sub=sub, user_id=person)
    return grant
