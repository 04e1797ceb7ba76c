"""Why a code or a refresh token was refused, in words for the partner that presented it.

It has said who it is, and it holds the text: the cause tells nobody else anything. Looked up after
the statement that settles it (redemption.py) has said no, and never what decides.
"""

from django.utils import timezone

from ncconnect.handles import Handle
from oidc_provider.grants import pkce, redemption
from oidc_provider.grants.bearer import Token
from oidc_provider.models import Grant, RelyingParty
from oidc_provider.wire.native_addresses import without_port

UNKNOWN = "unknown or altered"
REVOKED = "revoked"  # also by the end of the session that asked, or of the account
USED = "used before"
EXPIRED = "expired"
ANOTHERS = "given to another client_id"


def of_code(
    code: Handle | None, client: RelyingParty, redirect_uri: str, verifier: str, needed: bool
) -> str:
    """``needed``: this client must prove that it sent the challenge."""
    found = code and Grant.objects.filter(pk=code.id, code=code.digest).first()
    if not found:
        return f"code: {UNKNOWN}"
    if ended := _ended(found, client):
        return f"code: {ended}"
    if needed and not verifier:
        return "code_verifier: missing"
    return _unbound(found, client, redirect_uri, verifier)


def _ended(code: Grant, client: RelyingParty) -> str:
    if code.application_id != client.pk:
        return ANOTHERS
    if code.consumed_at:
        return USED
    if code.revoked_at:
        return REVOKED
    return EXPIRED if code.is_expired() else ""


def _unbound(grant: Grant, client: RelyingParty, redirect_uri: str, verifier: str) -> str:
    """The grant keeps one digest of both: the addresses that it may have been for are tried."""
    if verifier and not pkce.is_well_formed(verifier):
        return "code_verifier: malformed"
    challenge = pkce.challenge_of(verifier) if verifier else ""
    binding = bytes(grant.binding)  # PostgreSQL gives a view of it
    if redemption.bound_to(redirect_uri, challenge) == binding:
        return f"code: {REVOKED}"
    registered = client.redirect_uris.split()
    if any(redemption.bound_to(uri, challenge) == binding for uri in registered):
        return "redirect_uri: not that of the authorization request"
    # Where a device chose its port, that of the request is not among those to try.
    chosen = client.is_native and any(map(without_port, registered))
    if redirect_uri in registered and not chosen:
        return "code_verifier: not that of the code_challenge"
    return "redirect_uri or code_verifier: not that of the authorization request"


def of_refresh_token(token: Token | None, client: RelyingParty) -> str:
    found = token and Grant.objects.filter(pk=token.grant_id).first()
    if not found:
        return f"refresh_token: {UNKNOWN}"
    if found.application_id != client.pk:
        return f"refresh_token: {ANOTHERS}"
    if token.number < found.refreshes:
        return f"refresh_token: {USED}"
    expired = found.revoked_at is None and token.moment <= timezone.now()
    return f"refresh_token: {EXPIRED if expired else REVOKED}"
