"""Activating an account: the mailbox is proved, and so is the password chosen at sign-up.

In the browser that signed up, following the link is enough: a signed cookie tells which attempt is
its own. Anywhere else (another device, a mail scanner, the owner of an address that a stranger
typed) the password of the attempt is asked, and a POST activates.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from accounts import links
from accounts.models import OneTimeLink, TermsAcceptance, User
from accounts.passwords import TooLong, normalized
from ncconnect import audit, ratelimit

JUST_NOW = timedelta(minutes=10)  # a form that is sent again is sent again soon


class WrongPassword(Exception):
    """Not the password chosen at sign-up."""


class TooManyTries(Exception):
    """The password was tried too often on this link."""

    def __init__(self, retry_after: int):
        super().__init__()
        self.retry_after = retry_after


class AlreadyActivated(Exception):
    """The account is open: there is nothing left to do but sign in."""

    def __init__(self, link: OneTimeLink):
        super().__init__()
        self.link = link


def find(token: str) -> OneTimeLink:
    """The live activation link behind a token.

    Raises AlreadyActivated, or a LinkError that says what is wrong with it.
    """
    try:
        link = links.find(token, purpose=OneTimeLink.Purpose.ACTIVATION)
    except links.LinkError as error:
        if error.link and error.link.user.is_activated:
            raise AlreadyActivated(error.link) from None
        raise
    if link.user.is_activated:
        raise AlreadyActivated(link)
    return link


def is_own(link: OneTimeLink, attempts: Sequence[UUID]) -> bool:
    """Whether the browser that follows the link is the one that made its attempt, or proved it.

    ``attempts``: those of this browser. Another attempt of the same account is not this one: its
    link would open the account with a password that this person did not type.
    """
    return link.attempt in attempts


def own_attempt(link: OneTimeLink, attempts: Sequence[UUID]) -> OneTimeLink | None:
    """The live link of another attempt at this account, one of these; None when there is none."""
    others = links.alive(link.user.links.all()).filter(purpose=link.purpose, attempt__in=attempts)
    return others.exclude(attempt=link.attempt).order_by("-created_at").first()


def activate(link: OneTimeLink, *, language: str = "") -> User:
    """Open the account with the password of the link's own attempt; every other link of it ends.

    Its language is that of the page: whoever asked for the address first may have been another.
    Raises LinkUsed when another use of it came first.
    """
    with transaction.atomic():
        user = User.objects.locked(pk=link.user_id, activated_at=None)
        if user is None:
            raise links.LinkUsed(link)
        links.consume(link)
        user.activated_at = user.password_changed_at = timezone.now()
        user.password = link.password
        user.language = language or user.language
        user.save(update_fields=["activated_at", "password", "password_changed_at", "language"])
        end_attempts(user)
        TermsAcceptance.objects.create(
            user=user, version=link.terms_version, accepted_at=link.created_at
        )
        audit.record("account_activated", user=user)
    return user


def end_attempts(user: User) -> None:
    """The account is open: no other attempt to sign up on its address means anything any more."""
    links.supersede(user=user)
    OneTimeLink.objects.filter(user=user).update(password="")


def is_repeat(link: OneTimeLink, password: str) -> bool:
    """Is this the form that opened the account by this link, sent a second time?"""
    just_used = link.used_at and timezone.now() - link.used_at < JUST_NOW
    if not just_used or not ratelimit.hit("activation_password", link.id).allowed:
        return False
    return link.user.check_password(password)


def activate_with_password(link: OneTimeLink, *, password: str, language: str = "") -> User:
    """Open the account from a browser that did not sign up.

    Raises WrongPassword, TooManyTries, LinkUsed, TooManyHashes.
    """
    if not link.password:  # the account was opened since, and its links keep none
        raise links.LinkUsed(link)
    verdict = ratelimit.hit("activation_password", link.id)
    if not verdict.allowed:
        raise TooManyTries(verdict.retry_after)
    if not _is_right(password, link):
        audit.record("activation_refused", user=link.user)
        raise WrongPassword
    return activate(link, language=language)


def _is_right(password: str, link: OneTimeLink) -> bool:
    try:
        return check_password(normalized(password), link.password)
    except TooLong:
        return False
