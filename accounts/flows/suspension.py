"""Closing an account for a while, by staff, and opening it again."""

from django.db import transaction

from accounts.flows import credentials
from accounts.models import User
from ncconnect import audit


def suspend(user: User, *, actor: User) -> None:
    """Close the account: sessions, links, grants and tokens end with it. Nothing is deleted."""
    with transaction.atomic():
        if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            return
        audit.record("account_suspended", user=user, actor=actor)
        credentials.end_all(user, reason="suspended", actor=actor)


def restore(user: User, *, actor: User) -> None:
    """Open a suspended account again; its owner signs in with the same password."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            audit.record("account_restored", user=user, actor=actor)
