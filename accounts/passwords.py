"""Passwords: the notice's rule, the passwords that everybody tries, and the hash with its cap."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

MAX_LENGTH = 128
# From this length on, length alone is enough (the notice).
LONG_ENOUGH = 14
# What zxcvbn reads: beyond it, its cost grows and its verdict does not change.
ESTIMATED_LENGTH = 72
# zxcvbn's scores go from 0 to 4; below 2 a password falls to fewer than a million guesses.
LEAST_SCORE = 2
# Words that everybody here would try first, and rows of the French keyboard.
LOCAL_WORDS = (
    *("ncconnect", "connect", "gouv", "impots", "dsf", "province", "sud", "nord", "iles"),
    *("noumea", "nouvellecaledonie", "caledonie", "kanaky", "caillou", "cagou", "dumbea"),
    *("montdore", "paita", "lifou", "mare", "ouvea", "bourail", "kone", "koumac", "poindimie"),
    *("motdepasse", "azertyuiop", "qsdfghjklm", "wxcvbn"),
)


class TooManyHashes(Exception):
    """This process computes as many password hashes as it may; try again in a few seconds."""

    retry_after = 5


def normalized(password: str) -> str:
    """The one form that is hashed, at set and at check: Unicode NFC, otherwise byte for byte."""
    return unicodedata.normalize("NFC", password)


def faults(password: str, *, email: str = "") -> list[str]:
    """What keeps ``password`` from being accepted, in the reader's language; or nothing.

    Only what is missing is listed. Nothing is hashed.
    """
    password = normalized(password)
    if len(password) > MAX_LENGTH:
        return [_("Choisissez un mot de passe d’au plus %(n)d caractères.") % {"n": MAX_LENGTH}]
    missing = list(_missing(password))
    if missing:
        return missing
    if _is_common(password, email):
        return [_("Ce mot de passe est trop courant. Choisissez-en un autre.")]
    return []


def _missing(password: str) -> Iterator[str]:
    """The notice's rule: 8 characters; under 14, an upper case, a lower case and a digit."""
    if len(password) < settings.PASSWORD_MIN_LENGTH:
        n = settings.PASSWORD_MIN_LENGTH
        yield _("Saisissez un mot de passe d’au moins %(n)d caractères.") % {"n": n}
    if len(password) >= LONG_ENOUGH:
        return
    if not any(c.isupper() for c in password):
        yield _("Ajoutez une majuscule.")
    if not any(c.islower() for c in password):
        yield _("Ajoutez une minuscule.")
    if not any(c.isdigit() for c in password):
        yield _("Ajoutez un chiffre.")


def _is_common(password: str, email: str) -> bool:
    if password.lower() in _common_passwords():
        return True
    own_words = [word for word in email.replace("@", ".").split(".") if len(word) > 2]
    estimate = zxcvbn(
        password[:ESTIMATED_LENGTH],
        user_inputs=[*LOCAL_WORDS, *own_words, email.partition("@")[0]],
        max_length=ESTIMATED_LENGTH,
    )
    return estimate["score"] < LEAST_SCORE


@cache
def _common_passwords() -> set[str]:
    """Django's list of 20 000, in lower case."""
    return CommonPasswordValidator().passwords


class HashSlots:
    """At most ``size`` hashes run at once in this process, and half as many wait for a turn.

    A hash takes 19 MiB and tens of milliseconds of a core: without a cap, a burst of sign-ins
    takes the memory of the host and the threads that serve tokens.
    """

    PATIENCE = 2.0  # seconds

    def __init__(self, size: int):
        self._running = threading.BoundedSemaphore(size)
        self._admitted = threading.BoundedSemaphore(size + max(1, size // 2))

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a slot. Raises TooManyHashes when none comes free."""
        if not self._admitted.acquire(blocking=False):
            raise TooManyHashes
        try:
            if not self._running.acquire(timeout=self.PATIENCE):
                raise TooManyHashes
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._admitted.release()


@cache
def slots() -> HashSlots:
    return HashSlots(settings.PASSWORD_HASH_CONCURRENCY)


class Argon2idHasher(Argon2PasswordHasher):
    """argon2id with OWASP's parameters (m=19456 KiB, t=2, p=1), tunable, and counted.

    A stored hash made with other parameters is made anew at the next sign-in.
    """

    @property
    def memory_cost(self) -> int:
        return settings.PASSWORD_HASH_MEMORY

    @property
    def time_cost(self) -> int:
        return settings.PASSWORD_HASH_TIME

    @property
    def parallelism(self) -> int:
        return settings.PASSWORD_HASH_PARALLELISM

    def encode(self, password, salt):
        with slots().one():
            return super().encode(password, salt)

    def verify(self, password, encoded):
        with slots().one():
            return super().verify(password, encoded)

    def harden_runtime(self, password, encoded):
        """Nothing: a second hash to hide the cost of an older one would double the load."""
