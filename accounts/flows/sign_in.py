"""Signing in with a password, and what stands between a stranger and somebody's account.

Tries are counted before the password is hashed, in the database, per address and place. The
place is the network; for a browser that this person has signed in with before, it is that
browser. So a stranger who tries again and again shuts their own door, never the owner's.
Beyond the number, the captcha buys further tries, up to a number of its own.

Failures on one address, from everywhere, ask every browser that is not known for a test with each
try, for an hour at most; they shut nobody out: strangers fail on purpose, and whoever comes with
the right password and a solved test gets in. They are counted once they are known: those that are
being hashed at that moment come on top of the number.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from accounts.devices import known
from accounts.email_identity import canonical
from accounts.flows import sign_up
from accounts.models import Device, OneTimeLink, PersonChanged, Session, User
from accounts.passwords import TooLong, normalized
from ncconnect import audit, ratelimit
from ncconnect.handles import Handle


class SignInRefused(Exception):
    """The person is not signed in."""


class WrongCredentials(SignInRefused):
    """No account has this address and this password; nothing more is told."""


class NotActivated(SignInRefused):
    """The password is right, and the account waits for its activation.

    ``link``: the attempt to sign up that the password is of, and no other of the same account;
    None when it is the password that an operator gave.
    """

    def __init__(self, user: User, link: OneTimeLink | None):
        super().__init__()
        self.user = user
        self.link = link


class Suspended(SignInRefused):
    """The password is right, and the staff closed the account."""


class TooManyTries(SignInRefused):
    """Wait ``retry_after`` seconds; ``captcha_helps`` when solving one allows a try now."""

    def __init__(self, retry_after: int, *, captcha_helps: bool):
        super().__init__()
        self.retry_after = retry_after
        self.captcha_helps = captcha_helps


@dataclass(frozen=True)
class Place:
    """Where a try comes from: a network, and the device if it has signed this address in before.

    ``handles``: what the browser names devices by; whether one is of this address, its row knows.
    ``seen``: the browser and the system (devices.facts), for who reads that it was tried.
    """

    network: str
    device: str = ""
    handles: tuple[Handle, ...] = ()
    seen: str = ""

    def of(self, device: Device | None) -> "Place":
        return replace(self, device=str(device.pk)) if device else self

    @property
    def key(self) -> str:
        return self.device or self.network


def sign_in(
    *,
    email: str,
    password: str,
    place: Place,
    captcha_solved: bool = False,
    attempts: Sequence[UUID] = (),
) -> tuple[User, Device | None]:
    """The person that this address and this password belong to, and their device at this place.

    ``attempts``: the attempts to sign up of this browser.
    Raises InvalidEmail, WrongCredentials, NotActivated, Suspended, TooManyTries, TooManyHashes.
    """
    email = canonical(email)
    user, device = known.find(email, place.handles)
    place = place.of(device)
    counters = _Counters.of(email, place)
    worth_clearing = _count(counters, place, captcha_solved)
    compared = _to_compare(user, attempts)
    if not _right_password(user, password, compared):
        ratelimit.hit(*counters.account)
        ratelimit.hit(*counters.network)
        ratelimit.hit(*counters.crowd)
        facts = {"address": audit.email_digest(email), "device": place.seen}
        audit.record("sign_in_failed", user=user, **facts)
        raise WrongCredentials
    if worth_clearing:
        ratelimit.reset_all(counters.own, counters.captcha, counters.account)
    if not user.is_active:
        audit.record("sign_in_refused", user=user, reason="suspended", device=place.seen)
        raise Suspended
    if not user.is_activated:
        audit.record("sign_in_refused", user=user, reason="not_activated", device=place.seen)
        raise NotActivated(user, sign_up.attempt_of(user, compared))
    return user, device


@contextmanager
def opening(user: User) -> Iterator[None]:
    """The transaction in which a session is opened for this person, whose password was right.

    The hash took its time: whoever was suspended meanwhile, or has another password by now, is not
    signed in. Raises WrongCredentials.
    """
    try:
        with transaction.atomic():
            yield
    except PersonChanged:
        audit.record("sign_in_refused", user=user, reason="changed_meanwhile")
        raise WrongCredentials from None


def succeeded(user: User, session: Session, *, known: bool) -> None:
    """Write a successful sign-in down, with the session that it opened, and whether its device was
    known."""
    facts = {"session": str(session.pk), "device": session.device_facts, "known": known}
    facts["method"] = session.methods
    if session.shared:
        facts["shared"] = True
    audit.record("sign_in", user=user, **facts)


@dataclass(frozen=True)
class _Counters:
    """What a try is counted by. A success clears what this person's failures left, not the
    network's."""

    own: ratelimit.Key
    captcha: ratelimit.Key
    account: ratelimit.Key
    network: ratelimit.Key
    crowd: ratelimit.Key

    @classmethod
    def of(cls, email: str, place: Place) -> "_Counters":
        return cls(
            own=("sign_in", email, place.key),
            captcha=("sign_in_captcha", email, place.key),
            account=("sign_in_account", email),
            network=("sign_in_network", place.network),
            crowd=("sign_in_crowd", place.network),
        )


def _count(counters: _Counters, place: Place, captcha_solved: bool) -> bool:
    """Count this try; raise TooManyTries when there have been enough.

    Returns whether a success should clear the counters. Its browser gets a counter of its own, as
    a known device: what is left in its network's window does no harm until that is half full.
    """
    own, account, around, captcha, crowd = ratelimit.hit_and_peek(
        counters.own, counters.account, counters.network, counters.captcha, counters.crowd
    )
    # A known device answers for its own failures only: those of the school around it, or of a
    # stranger on its network, are not its person's.
    if not crowd.allowed and not place.device:  # a solved captcha is no proof of a person
        raise _limited(counters, crowd.retry_after, captcha_helps=False)
    in_force = (own,) if place.device else (own, around, account)
    wait = max(verdict.retry_after for verdict in in_force)
    if not wait:
        half = ratelimit.LIMITS["sign_in"].number // 2
        return bool(own.count > half or captcha.count or account.count)
    if not captcha_solved:
        raise _limited(counters, wait, captcha_helps=captcha.allowed)
    bought = ratelimit.hit(*counters.captcha)
    if not bought.allowed:
        raise _limited(counters, max(wait, bought.retry_after), captcha_helps=False)
    return True


def _limited(counters: _Counters, wait: int, *, captcha_helps: bool) -> TooManyTries:
    _limit, email = counters.account
    audit.record("sign_in_limited", address=audit.email_digest(email))
    return TooManyTries(wait, captcha_helps=captcha_helps)


def _to_compare(user: User | None, attempts: Sequence[UUID]) -> str:
    """The hash to compare with; empty when there is none."""
    if user is None:
        return ""
    if not user.is_activated:
        return sign_up.password_to_compare(user, attempts)
    return user.password if user.has_usable_password() else ""


def _right_password(user: User | None, password: str, compared: str) -> bool:
    """One hash in every case: an unknown address takes as long as a known one.

    And none for a text that nobody's password can be, at any address.
    """
    try:
        password = normalized(password)
    except TooLong:
        return False
    if not compared:
        make_password(password)
        return False
    return (
        user.check_password(password) if user.is_activated else check_password(password, compared)
    )
