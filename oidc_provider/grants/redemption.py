"""Redeeming a code, using a refresh token: the statement that finds the grant settles it.

Of any number of parallel tries one redeems a code (RFC 6749, section 4.1.2). A refresh token of a
partner that authenticates is used again and again; a public one's is rotated, and the one before is
honoured for LEEWAY: several requests of one page refresh at once, and an answer may get lost
(RFC 9700, section 4.14.2; docs/decisions/0022). What must still be there is a condition of the same
statement: the partner, the person, the session that asked unless the tokens outlive it, and for a
code redirect_uri and code_challenge.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Session
from ncconnect import rows
from ncconnect.handles import Handle
from oidc_provider.grants import pkce, standing
from oidc_provider.grants.bearer import Token
from oidc_provider.models import Grant, RelyingParty, SubjectIdentifier

LEEWAY = timedelta(seconds=30)
_WITH_SUBJECT = f"""{rows.columns(Grant)}, (
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
RETURNING {_WITH_SUBJECT}
"""  # noqa: S608  (column names of our own)
ROTATE = f"""
UPDATE oidc_provider_grant AS given SET refreshes = %(number)s + 1,
    rotated_at = CASE WHEN refreshes = %(number)s THEN %(now)s ELSE rotated_at END
WHERE id = %(id)s AND application_id = %(partner)s AND (
        refreshes = %(number)s OR (refreshes = %(number)s + 1 AND rotated_at > %(leeway)s)
    )
    AND consumed_at IS NOT NULL AND revoked_at IS NULL
    AND {standing.LASTS} AND {standing.PERSON_IS_THERE}
RETURNING {_WITH_SUBJECT}
"""  # noqa: S608  (column names of our own)
KEEP = f"""
SELECT {_WITH_SUBJECT} FROM oidc_provider_grant AS given
WHERE id = %(id)s AND application_id = %(partner)s AND (
        refreshes = %(number)s OR (refreshes = %(number)s + 1 AND rotated_at > %(leeway)s)
    )
    AND consumed_at IS NOT NULL AND revoked_at IS NULL
    AND {standing.LASTS} AND {standing.PERSON_IS_THERE}
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


def refresh(token: Token, partner: RelyingParty) -> Grant | None:
    """The grant of this refresh token, with its ``subject``; None when it is not, or no more, good.

    The number of the refresh token that is good from now on is ``refreshes``.
    """
    now = timezone.now()
    if token.moment <= now:
        return None
    values = {"number": token.number, "now": _moment(now), "leeway": _moment(now - LEEWAY)}
    return _settled(ROTATE if rotates(partner) else KEEP, values | _row(token.grant_id, partner))


def rotates(partner: RelyingParty) -> bool:
    """Whether a refresh token of this partner is good once; one that authenticates keeps its own
    (docs/decisions/0022)."""
    return partner.is_public


def give_back(partner: RelyingParty) -> None:
    """The request was wrong after all: nothing that it did stays, in the caller's transaction.

    The token that it would have used up is good, and its predecessor for as long as before.
    """
    if rotates(partner):
        transaction.set_rollback(True)


def _now():
    return _moment(timezone.now())


def _moment(moment):
    return rows.value(Grant, "expires", moment)


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
