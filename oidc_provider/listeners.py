"""News from the lower floor: what ends a session or its credentials ends the tokens too.

Each runs inside the transaction that causes it.
"""

from accounts.signals import credentials_revoked, sessions_ending
from oidc_provider import grants
from oidc_provider.models import Grant, RelyingPartySession

EXPIRED = "expired"  # a session that ran out: its tokens have their own end


def listen() -> None:
    sessions_ending.connect(_end_tokens_of_sessions, dispatch_uid="oidc_provider.sessions")
    credentials_revoked.connect(_end_tokens_of_person, dispatch_uid="oidc_provider.credentials")


def _end_tokens_of_sessions(sessions: list, reason: str = "", **kwargs) -> None:
    """Back-Channel Logout, section 2.7: tokens with offline_access outlive the session."""
    if reason == EXPIRED:
        return
    ids = [session.id for session in sessions]
    grants.revoke(Grant.objects.filter(session_id__in=ids, offline=False))
    RelyingPartySession.objects.filter(session_id__in=ids).delete()


def _end_tokens_of_person(user, **kwargs) -> None:
    """A changed password, a closed account: nothing that was given before is worth anything."""
    grants.revoke(Grant.objects.filter(user=user))
