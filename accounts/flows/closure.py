"""What the deletion of an account ends, whoever deletes it: a command, a shell, a purge, staff."""

from django.db.models.signals import pre_delete

from accounts.flows import sessions
from accounts.models import User
from accounts.signals import credentials_revoked
from ncconnect import audit


def listen() -> None:
    pre_delete.connect(_end_what_it_opened, sender=User, dispatch_uid="accounts.closure")


def _end_what_it_opened(instance: User, **kwargs) -> None:
    """Before the rows go: afterwards nothing tells which partners the sessions have been to.

    An account that was never activated opened nothing; a purge of many is one event.
    """
    if not instance.is_activated:
        return
    sessions.end_all(instance, reason="deleted")
    credentials_revoked.send(sender=User, user=instance)
    audit.record("account_deleted", user=instance)
