"""Changing the signing keys without a partner noticing.

A key is published before it signs, for as long as a partner may keep the keys that it read; and
after it signed, until nothing that it signed is presented any more. Running it again is safe.
"""

import contextlib
import logging
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from ncconnect import audit, metrics
from oidc_provider.keys import keyring
from oidc_provider.models import SigningKey

logger = logging.getLogger(__name__)

State = SigningKey.State

# The time partners may keep the keys (discovery.MAX_AGE), and every process to see the new one.
PUBLISHED_BEFORE = timedelta(hours=1, minutes=5)
# An expired id_token is still a hint, at sign-out for instance.
KEPT_AFTER = timedelta(days=30)
RENEWED_AFTER = timedelta(days=90)


# Partners read all of the keys: so many of one algorithm are published, and then it must wait. The
# clock comes nowhere near; somebody who calls the command each hour would.
MOST = 8


def rotate(algorithms: Iterable[str] = keyring.ALGORITHMS) -> dict[str, str]:
    """Bring each algorithm one step on; says which: "published", "waiting", "signs" or "full"."""
    keyring.ring()  # the first start makes the first keys
    keyring.encrypt_again()
    _forget_the_oldest()
    done = {algorithm: _rotate(algorithm) for algorithm in algorithms}
    keyring.forget()
    return done


def replace() -> dict[str, str]:
    """Let new keys sign at once, and publish no former one any more: one of them was exposed.

    Tokens signed before are worth nothing then, and partners that keep the keys they read will
    meet an unknown ``kid`` until they read them again. What `rotate` spares them.
    """
    keyring.ring()
    for algorithm in keyring.ALGORITHMS:
        _replace(algorithm)
    keyring.forget()
    return dict.fromkeys(keyring.ALGORITHMS, "signs")


def keep_fresh() -> None:
    """For the clock: begin a rotation when a key is old, and go on with one that has begun.

    Each algorithm for itself: what one process left in the middle of another is no reason.
    """
    old = Q(state=State.ACTIVE, activated_at__lt=timezone.now() - RENEWED_AFTER)
    due = SigningKey.objects.filter(old | Q(state=State.NEXT)).values_list("algorithm", flat=True)
    rotate(sorted(set(due)))


def gauges() -> Iterator[metrics.Gauge]:
    """What a scrape tells of the ring."""
    counted = SigningKey.objects.values_list("state").annotate(number=Count("pk"))
    numbers = dict.fromkeys(State.values, 0) | dict(counted)
    yield "ncconnect_signing_keys", "Signing keys that are published, by state.", numbers


def _rotate(algorithm: str) -> str:
    following = SigningKey.objects.filter(algorithm=algorithm, state=State.NEXT).first()
    if following is None:
        if SigningKey.objects.filter(algorithm=algorithm).count() >= MOST:
            logger.error("signing keys full", extra={"facts": {"algorithm": algorithm}})
            return "full"
        with contextlib.suppress(IntegrityError):  # another process was first
            keyring.create(algorithm, State.NEXT)
        return "published"
    if following.created_at > timezone.now() - PUBLISHED_BEFORE:
        return "waiting"
    _activate(following)
    return "signs"


def _forget_the_oldest() -> None:
    """Nothing that they signed is presented any more."""
    old = timezone.now() - KEPT_AFTER
    SigningKey.objects.filter(state=State.RETIRED, retired_at__lt=old).delete()


def _replace(algorithm: str) -> None:
    """A key that was never stored before takes the place of all: the next one stood beside them,
    where whoever read one read it too."""
    fresh = keyring.generate(algorithm)
    # Somebody who replaces them at the same moment has made a fresh one as well.
    with contextlib.suppress(IntegrityError), transaction.atomic():
        exposed = SigningKey.objects.select_for_update().filter(algorithm=algorithm)
        SigningKey.objects.filter(pk__in=[key.pk for key in exposed]).delete()
        active = keyring.store(fresh, algorithm, State.ACTIVE)
        audit.record("signing_key_rotated", kid=active.kid, algorithm=algorithm)


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
