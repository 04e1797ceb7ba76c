"""What an authorization gives: made here, ended here.

A grant is alive while it is not revoked; all that came of it dies with it, in one update.
"""

import functools
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.models import Field, QuerySet
from django.utils import timezone

from accounts.authentication import Authentication
from accounts.models import User
from ncconnect import handles, rows
from oidc_provider import acr, claims, redemption
from oidc_provider.claims import SCOPES
from oidc_provider.models import Grant, RelyingParty
from oidc_provider.subjects import sector_of, subject_for

if TYPE_CHECKING:
    from oidc_provider.authorize.request import AuthorizationRequest

CODE_TIME = timedelta(seconds=60)
# The partner's name for the person is read by the statement that writes the grant. The session is
# held meanwhile: it cannot end without ending this too.
ISSUE = """
INSERT INTO oidc_provider_grant (subject_id, {columns})
SELECT known.id, {values} FROM oidc_provider_subjectidentifier AS known
JOIN accounts_session AS asking ON asking.id = %(session_id)s
WHERE known.user_id = %(user)s AND known.sector = %(sector)s {lock}
"""


class SessionOver(Exception):
    """The session that asked has just ended."""


def granted_scopes(request: "AuthorizationRequest") -> list[str]:
    """The scopes that are given: those asked for, known, registered and possible."""
    partner = request.relying_party
    possible = partner.scopes if partner.may_refresh else partner.scopes - {"offline_access"}
    return [scope for scope in SCOPES if scope in request.scopes and scope in possible]


def requested_claims(request: "AuthorizationRequest") -> dict[str, list[str]]:
    """The ``claims`` parameter, reduced to what the partner may have."""
    registered = request.relying_party.scopes
    return {
        place: sorted(names)
        for place in ("userinfo", "id_token")
        if (names := claims.requested(request.claims, place, registered))
    }


def items(request: "AuthorizationRequest") -> list[str]:
    """What the person is asked to give: the scopes, and the claims named beyond them."""
    named = chain.from_iterable(requested_claims(request).values())
    return claims.items_for(granted_scopes(request), named)


def issue(request: "AuthorizationRequest", authentication: Authentication) -> str:
    """An authorization code for this request and this person; only its digest is kept.

    Raises SessionOver.
    """
    now = timezone.now()
    partner, scopes = request.relying_party, granted_scopes(request)
    offline = "offline_access" in scopes
    grant = Grant(
        application=partner,
        session_id=authentication.session_id,
        binding=redemption.bound_to(request.redirect_uri, request.code_challenge),
        scope=" ".join(scopes),
        nonce=request.nonce,
        claims=requested_claims(request),
        auth_time=authentication.at,
        acr=acr.stated(authentication.acr, request.acr_values),
        amr=" ".join(authentication.methods),
        offline=offline,
        expires=now + CODE_TIME,
        ends_at=_end(partner, now, offline=offline),
    )
    code, grant.code = handles.new(grant.pk)
    if not _insert(grant, authentication.user):
        subject_for(authentication.user, partner)  # the first time ever
        if not _insert(grant, authentication.user):
            raise SessionOver
    return code


def _insert(grant: Grant, user: User) -> bool:
    """False: this sector has no name for the person yet, or the session has ended."""
    values = {
        field.column: field.get_db_prep_save(getattr(grant, field.attname), connection)
        for field in _written_fields()
    }
    values["user"] = rows.value(User, "id", user.pk)
    values["sector"] = sector_of(grant.application)
    return rows.write(_issue_statement(), values) == 1


def _written_fields() -> list[Field]:
    return [field for field in Grant._meta.concrete_fields if field.name != "subject"]


@functools.cache
def _issue_statement() -> str:
    columns = [field.column for field in _written_fields()]
    locks = connection.features.has_select_for_update  # SQLite has one writer at a time anyway
    return ISSUE.format(
        columns=", ".join(columns),
        values=", ".join(f"%({column})s" for column in columns),
        lock="FOR KEY SHARE OF asking" if locks else "",
    )


def family_end(grant: Grant) -> datetime:
    """When the refresh tokens of a grant end that is redeemed now.

    Without offline_access that is the latest end of the session: after it nobody could sign out.
    """
    if grant.offline:
        return timezone.now() + settings.OFFLINE_REFRESH_TOKEN_TIME
    return grant.auth_time + settings.REFRESH_TOKEN_TIME


def _end(relying_party: RelyingParty, now: datetime, *, offline: bool) -> datetime:
    """The latest moment at which the session, or anything that comes of its grant, may end.

    Known from the start, so that no index has to follow the row when its code is redeemed.
    """
    lasting = offline and relying_party.may_refresh
    last = settings.OFFLINE_REFRESH_TOKEN_TIME if lasting else settings.SESSION_ABSOLUTE_TIME
    return now + CODE_TIME + last + timedelta(seconds=relying_party.access_token_lifetime)


def revoke(grants: QuerySet[Grant]) -> int:
    """End these grants and all that came of them, now. Returns how many were alive."""
    return grants.filter(revoked_at=None).update(revoked_at=timezone.now())
