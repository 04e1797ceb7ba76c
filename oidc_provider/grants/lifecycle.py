"""What an authorization gives: made here, ended here.

A grant is alive while it is not revoked; all that came of it dies with it, in one update.
"""

import functools
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Field, Q, QuerySet
from django.utils import timezone

from accounts.authentication import Authentication
from accounts.models import Session, User
from ncconnect import handles, rows
from oidc_provider.claims import acr
from oidc_provider.claims.subjects import sector_of, subject_for
from oidc_provider.grants import redemption
from oidc_provider.grants.terms import Terms
from oidc_provider.models import Grant, RelyingParty

CODE_TIME = timedelta(seconds=60)
# The partner's name for the person is read by the statement that writes the grant. The session is
# held meanwhile, and the agreement where one is needed: neither can end without ending this too.
ISSUE = """
INSERT INTO oidc_provider_grant (subject_id, {columns})
SELECT known.id, {values} FROM oidc_provider_subjectidentifier AS known
JOIN accounts_session AS asking ON asking.id = %(session_id)s {agreed}
WHERE known.user_id = %(user)s AND known.sector = %(sector)s {lock}
"""


AGREED = """JOIN oidc_provider_consent AS agreed
    ON agreed.user_id = known.user_id AND agreed.relying_party_id = %(application_id)s"""


class SessionOver(Exception):
    """The session that asked has just ended."""


class AgreementOver(Exception):
    """The person has just taken back the agreement that this was to be given on."""


def issue(terms: Terms, authentication: Authentication) -> str:
    """An authorization code on these terms for this person; only its digest is kept.

    Raises SessionOver, AgreementOver.
    """
    now = timezone.now()
    partner, scopes = terms.relying_party, terms.granted_scopes
    offline = "offline_access" in scopes
    grant = Grant(
        application=partner,
        session_id=authentication.session_id,
        binding=redemption.bound_to(terms.redirect_uri, terms.code_challenge),
        scope=" ".join(scopes),
        nonce=terms.nonce,
        claims=terms.granted_claims,
        auth_time=authentication.at,
        acr=acr.stated(authentication.acr, terms.acr_values),
        amr=" ".join(authentication.methods),
        offline=offline,
        expires=now + CODE_TIME,
        ends_at=_end(partner, now, offline=offline),
    )
    _note_first_use(partner, now)
    code, grant.code = handles.new(grant.pk)
    agreed = terms.needs_agreement
    if not _insert(grant, authentication.user, agreed=agreed):
        subject_for(authentication.user, partner)  # the first time ever
        if not _insert(grant, authentication.user, agreed=agreed):
            held = agreed and Session.objects.filter(pk=grant.session_id).exists()
            raise AgreementOver if held else SessionOver
    return code


def _note_first_use(partner: RelyingParty, now: datetime) -> None:
    """Once in its life; saving tells every process that keeps it (partners.relying_parties)."""
    if partner.first_used_at is None:
        known = RelyingParty(pk=partner.pk, client_id=partner.client_id, first_used_at=now)
        known.save(update_fields=["first_used_at"])


def _insert(grant: Grant, user: User, *, agreed: bool) -> bool:
    """False: this sector has no name for the person yet, or the session has ended, or the
    agreement is taken back that is needed."""
    values = {
        field.column: field.get_db_prep_save(getattr(grant, field.attname), connection)
        for field in _written_fields()
    }
    values["user"] = rows.value(User, "id", user.pk)
    values["sector"] = sector_of(grant.application)
    return bool(rows.write(_issue_statement(agreed), values))


def _written_fields() -> list[Field]:
    return [each for each in Grant._meta.concrete_fields if each is not Grant.subject.field]


@functools.cache
def _issue_statement(agreed: bool) -> str:
    columns = [field.column for field in _written_fields()]
    locks = connection.features.has_select_for_update  # SQLite has one writer at a time anyway
    return ISSUE.format(
        columns=", ".join(columns),
        values=", ".join(f"%({column})s" for column in columns),
        agreed=AGREED if agreed else "",
        lock=f"FOR KEY SHARE OF {'agreed, ' if agreed else ''}asking" if locks else "",
    )


def family_end(grant: Grant) -> datetime:
    """When the refresh tokens of a grant end that is redeemed now, at the latest.

    Without offline_access that is the absolute end of the session, whenever its person signed in
    anew; an earlier end of it is found at each use (grants.standing).
    """
    if grant.offline:
        return timezone.now() + settings.OFFLINE_REFRESH_TOKEN_TIME
    return grant.session_ends_at


def _end(relying_party: RelyingParty, now: datetime, *, offline: bool) -> datetime:
    """The latest moment at which the session, or anything that comes of its grant, may end.

    Known from the start, so that no index has to follow the row when its code is redeemed.
    """
    lasting = offline and relying_party.may_refresh
    last = settings.OFFLINE_REFRESH_TOKEN_TIME if lasting else settings.SESSION_ABSOLUTE_TIME
    return now + CODE_TIME + last + timedelta(seconds=relying_party.access_token_lifetime)


def end_with_sessions(grants: QuerySet[Grant]) -> int:
    """Revoke those of these grants that do not outlive the session that they came of."""
    outlives = Q(offline=True, application__scope__contains="offline_access")
    return revoke(grants.exclude(outlives))


def revoke(grants: QuerySet[Grant]) -> int:
    """End these grants and all that came of them, now. Returns how many were alive."""
    return grants.filter(revoked_at=None).update(revoked_at=timezone.now())


def withdraw(grants: QuerySet[Grant]) -> int:
    """End these grants, and the visits that they tell of. Returns how many were alive."""
    alive = revoke(grants)
    grants.filter(withdrawn_at=None).update(withdrawn_at=timezone.now())
    return alive
