"""News from the lower floor: what ends a session or its credentials ends the tokens too.

Each runs inside the transaction that causes it. A session that runs out is no news: its tokens ask
for it at each use (grants.standing), and nobody is sent away from a partner in the middle of a form
because this site was not visited for half an hour.
"""

from django.db.models.signals import pre_delete

from accounts.flows import devices
from accounts.signals import credentials_revoked, sessions_ending
from oidc_provider.grants import lifecycle, uses, visits
from oidc_provider.logout import notices
from oidc_provider.models import Grant, RelyingParty


def listen() -> None:
    sessions_ending.connect(_end_visits, dispatch_uid="oidc_provider.sessions")
    credentials_revoked.connect(_end_tokens_of_person, dispatch_uid="oidc_provider.credentials")
    pre_delete.connect(_keep_name, sender=RelyingParty, dispatch_uid="oidc_provider.uses")


def _end_visits(sessions: list, reason: str, **kwargs) -> None:
    """The tokens of these sessions end, and their partners are told.

    Back-Channel Logout, section 2.7: tokens with offline_access outlive the session; but not on a
    device that its person has shut from elsewhere, which may be lost.
    """
    ids = [session.id for session in sessions]
    grants = Grant.objects.filter(session_id__in=ids)
    end = lifecycle.revoke if reason == devices.BY_PERSON else lifecycle.end_with_sessions
    end(grants)
    notices.write(visits.visited(ids))


def _end_tokens_of_person(user, **kwargs) -> None:
    """A changed password, a closed account: nothing that was given before is worth anything."""
    lifecycle.revoke(Grant.objects.filter(subject__user=user))


def _keep_name(instance: RelyingParty, **kwargs) -> None:
    uses.keep_name(instance)
