"""Refusing a code or a refresh token: what that ends, what it counts, and what the partner is told.

What is written down here stays, although the answer is an error.
"""

from django.db import transaction
from django.db.models import F, QuerySet

from ncconnect import audit
from ncconnect.handles import Handle
from oidc_provider.grants import bearer, causes
from oidc_provider.grants.lifecycle import revoke
from oidc_provider.models import Grant, RelyingParty

MAX_FAILURES = 3  # wrong tries that a code survives


class NotGiven(Exception):
    """Nothing is given for what was presented: an ``error`` of RFC 6749, section 5.2, and why."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


def refuse_code(
    code: Handle | None, client: RelyingParty, redirect_uri: str, verifier: str, needed: bool
) -> NotGiven:
    """A code that was used ends what it gave; a wrong try is counted, up to a number.

    The code survives a few of those: it may not be its partner who tries.
    """
    why = causes.of_code(code, client, redirect_uri, verifier, needed)
    if code is not None:
        _count(Grant.objects.filter(pk=code.id, code=code.digest, application=client), client, why)
    return NotGiven("invalid_grant", why)


def _count(grant: QuerySet[Grant], client: RelyingParty, why: str) -> None:
    found = grant.select_related("subject").first()
    if found is None:
        return
    if found.consumed_at:
        _reused("code_reused", found, client)
    elif found.revoked_at is None and not found.is_expired():
        grant.update(failures=F("failures") + 1)
        revoke(grant.filter(failures__gte=MAX_FAILURES))
        audit.record("token_refused", user=found.subject.user_id, partner=client.client_id, why=why)


@transaction.atomic(savepoint=False)
def refuse_refresh_token(token: bearer.Token | None, client: RelyingParty) -> NotGiven:
    """One that was used before, come back: its family ends."""
    why = causes.of_refresh_token(token, client)
    if token is not None:
        grants = Grant.objects.filter(pk=token.grant_id, application=client)
        used = grants.filter(refreshes__gt=token.number)
        if found := used.select_related("subject").first():
            _reused("refresh_token_reused", found, client)
    return NotGiven("invalid_grant", why)


def _reused(event: str, grant: Grant, client: RelyingParty) -> None:
    """RFC 6749, section 4.1.2: a second use SHOULD revoke all tokens of the first."""
    if revoke(Grant.objects.filter(pk=grant.pk)):
        audit.record(event, user=grant.subject.user_id, partner=client.client_id)
