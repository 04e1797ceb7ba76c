"""What a password opened: giving an account another one, and ending what came of the former.

The caller holds the lock of the person (``User.objects.locked``), and tells the owner by mail.
"""

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts import links
from accounts.flows import sessions
from accounts.models import Session, User
from accounts.passwords import normalized
from accounts.signals import credentials_revoked


def encoded(password: str) -> str:
    """The password as it is kept. Dear: made before any lock is taken. Raises TooManyHashes."""
    return make_password(normalized(password))


def replace(user: User, password: str) -> None:
    """``password`` is encoded already."""
    user.password = password
    user.password_changed_at = timezone.now()
    user.save(update_fields=["password", "password_changed_at"])


def end_all(user: User, *, reason: str, keep: Session | None = None, actor: User | None = None):
    """Links, sessions but the one to keep, grants and tokens: in the order of their locks."""
    links.supersede(user=user)
    sessions.end_all(user, reason=reason, keep=keep, actor=actor)
    credentials_revoked.send(sender=User, user=user)
