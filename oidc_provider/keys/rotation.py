"""Changing the signing keys without a partner noticing.

A key is published before it signs, for as long as a partner may keep the keys that it read; and
after it signed, until nothing that it signed is presented any more. Running it again is safe.
"""

import contextlib
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from ncconnect import audit
from oidc_provider.keys import keyring
from oidc_provider.models import SigningKey

State = SigningKey.State

# The time partners may keep the keys (discovery.MAX_AGE), and every process to see the new one.
PUBLISHED_BEFORE = timedelta(hours=1, minutes=5)
# An expired id_token is still a hint, at sign-out for instance.
KEPT_AFTER = timedelta(days=30)
RENEWED_AFTER = timedelta(days=90)


def rotate() -> dict[str, str]:
    """Bring each algorithm one step on; says which: "published", "waiting" or "signs"."""
    keyring.ring()  # the first start makes the first keys
    keyring.encrypt_again()
    done = {algorithm: _rotate(algorithm) for algorithm in keyring.ALGORITHMS}
    SigningKey.objects.filter(
        state=State.RETIRED, retired_at__lt=timezone.now() - KEPT_AFTER
    ).delete()
    keyring.forget()
    return done


def replace() -> dict[str, str]:
    """Let new keys sign at once, and publish no former one any more: one of them was exposed.

    Tokens signed before are worth nothing then, and partners that keep the keys they read will
    meet an unknown ``kid`` until they read them again. What `rotate` spares them.
    """
    keyring.ring()
    for algorithm in keyring.ALGORITHMS:
        with contextlib.suppress(IntegrityError):  # it was published already
            keyring.create(algorithm, State.NEXT)
        following = SigningKey.objects.filter(algorithm=algorithm, state=State.NEXT).first()
        if following:  # or another process was first
            _activate(following)
    SigningKey.objects.filter(state=State.RETIRED).delete()
    keyring.forget()
    return dict.fromkeys(keyring.ALGORITHMS, "signs")


def keep_fresh() -> None:
    """For the clock: begin a rotation when a key is old, and go on with one that has begun."""
    keyring.encrypt_again()
    old = SigningKey.objects.filter(
        state=State.ACTIVE, activated_at__lt=timezone.now() - RENEWED_AFTER
    )
    if old.exists() or SigningKey.objects.filter(state=State.NEXT).exists():
        rotate()


def _rotate(algorithm: str) -> str:
    following = SigningKey.objects.filter(algorithm=algorithm, state=State.NEXT).first()
    if following is None:
        with contextlib.suppress(IntegrityError):  # another process was first
            keyring.create(algorithm, State.NEXT)
        return "published"
    if following.created_at > timezone.now() - PUBLISHED_BEFORE:
        return "waiting"
    _activate(following)
    return "signs"


def _activate(following: SigningKey) -> None:
    """The former key first: one key signs at a time, the database sees to it."""
    now = timezone.now()
    with transaction.atomic():
        ring = SigningKey.objects.select_for_update().filter(algorithm=following.algorithm)
        states = {key.pk: key.state for key in ring}
        if states.get(following.pk) != State.NEXT:
            return  # another process was first
        # A retired key verifies: its private half is of no more use to anybody but a thief.
        former = ring.filter(state=State.ACTIVE)
        former.update(state=State.RETIRED, retired_at=now, private=b"")
        ring.filter(pk=following.pk).update(state=State.ACTIVE, activated_at=now)
        audit.record("signing_key_rotated", kid=following.kid, algorithm=following.algorithm)
