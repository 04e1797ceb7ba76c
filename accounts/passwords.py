"""Passwords: the notice's rule, the passwords that everybody tries, and the hash with its cap."""

import itertools
import math
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE

from ncconnect import seats, waiting
from ncconnect.text import is_invisible
from ncconnect.waiting import Crowded, Turns

MAX_LENGTH = 128
_NOT_TYPED = ("Cc", "Cn", "Co", "Cs")
# What may be typed, before it has its one form: a letter and its accents are up to four characters
# there. To bring a text into that form costs the square of its longest row of accents.
MAX_TYPED = 4 * MAX_LENGTH
# From this length on, length alone is enough (the notice).
LONG_ENOUGH = 14
# zxcvbn's cost grows with the cube of what it reads, and with the product of the readings of each
# sign that may stand for a letter. Within these bounds the dearest text that we found costs 6 ms,
# less than half a hash; with 32 signs 11 ms, without bounds 3 s. A beginning is never harder to
# guess than the whole: to read less of a password accepts none that was refused.
ESTIMATED_LENGTH = 24
ESTIMATED_READINGS = 8
_SIGNS = frozenset(itertools.chain.from_iterable(L33T_TABLE.values()))
_OUT_OF_THE_WAY = 0xE000  # private use: in no word, and as far from each other as they were
# What people write between two words. None of it is a sign for a letter.
SEPARATORS = frozenset(" ._,;:'’-")
_NO_SEPARATORS = dict.fromkeys(map(ord, SEPARATORS))
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
    """No turn came within PASSWORD_HASH_PATIENCE, or too many wait already."""

    retry_after = 5


class TooLong(ValueError):
    """No password of ours: it was refused when it was chosen, and is not looked at any further."""


def normalized(password: str) -> str:
    """The one form that is hashed, at set and at check: Unicode NFC, otherwise byte for byte.

    Raises TooLong, before anything dear is done with it.
    """
    if len(password) > MAX_TYPED:
        raise TooLong
    password = unicodedata.normalize("NFC", password)
    if len(password) > MAX_LENGTH:
        raise TooLong
    return password


def opaque(password: str) -> str:
    """As RFC 8265, section 4.2 (OpaqueString), reads it: NFC, and every space is a space.

    Keyboards write U+00A0 for one where the other hand is slow. Raises TooLong.
    """
    return _with_one_space(normalized(password))


def _with_one_space(password: str) -> str:
    return "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)


def are_the_same(password: str, again: str) -> bool:
    """Is it the same password, typed twice?"""
    try:
        return opaque(password) == opaque(again)
    except TooLong:
        return False


def faults(password: str, *, email: str = "") -> list[str]:
    """What keeps ``password`` from being accepted, in the reader's language; or nothing.

    Only what is missing is listed. Nothing is hashed.
    """
    return cheap_faults(password) or dear_faults(password, email=email)


def cheap_faults(password: str) -> list[str]:
    """What the notice's rule says of ``password``."""
    try:
        return list(_missing(opaque(password)))
    except TooLong:
        return [_("Choisissez un mot de passe d’au plus %(n)d caractères.") % {"n": MAX_LENGTH}]


def dear_faults(password: str, *, email: str = "") -> list[str]:
    """Whether a password that follows the rule is guessed all the same.

    As dear as half a hash: asked only once everything else in the form is right.
    """
    if _is_common(normalized(password), email):
        return [_("Ce mot de passe est trop courant. Choisissez-en un autre.")]
    return []


def _missing(password: str) -> Iterator[str]:
    """The notice's rule: 8 characters; under 14, an upper case, a lower case and a digit.

    And nothing that shows nothing: who typed it could not type it a second time on another keyboard
    (RFC 8265, section 4.2.2, item 2, by RFC 8264, section 9: controls and ignorable characters).
    """
    if any(is_invisible(c) or unicodedata.category(c) in _NOT_TYPED for c in password):
        yield _("Retirez le caractère invisible que contient le mot de passe.")
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
    own = _own_words(email)
    estimate = zxcvbn(
        _estimated(_in_a_row(_with_one_space(password), own)),
        user_inputs=[*own, *LOCAL_WORDS],
        max_length=ESTIMATED_LENGTH,
    )
    return estimate["score"] < LEAST_SCORE


def _own_words(email: str) -> list[str]:
    """What somebody who knows the address tries first: its words, them in a row either way, and
    the last with the initial of the first."""
    name, _at, domain = email.lower().partition("@")
    words = [word for word in re.split(r"[^a-z]+", name) if word]
    rows = ["".join(words), "".join(reversed(words)), name.translate(_NO_SEPARATORS)]
    if len(words) > 1:
        rows += [words[0][0] + words[-1], words[-1] + words[0][0]]
    return [word for word in (*rows, *words, *domain.split(".")) if len(word) > 2]


def _in_a_row(password: str, own: list[str]) -> str:
    """``password`` without the separators inside a word of its owner: jean.dupont is jeandupont,
    whichever sign the address has between. Elsewhere a sign counts as it did.

    One estimate is as dear as a hash: a second one, of the other reading, would double it.
    """
    read = password[:ESTIMATED_LENGTH]
    for word in own:
        letters = [i for i, sign in enumerate(read) if sign not in SEPARATORS]
        if (start := _place_of(word, [read[i] for i in letters])) is not None:
            first, last = letters[start], letters[start + len(word) - 1]
            inside = read[first : last + 1].translate(_NO_SEPARATORS)
            read = read[:first] + inside + read[last + 1 :]
    return read


def _place_of(word: str, signs: list[str]) -> int | None:
    """Where a word begins among signs, each of which may stand for its letter; None: nowhere.

    By hand: to compile a pattern for each word of an address costs more than all the rest.
    """
    for start in range(len(signs) - len(word) + 1):
        if all(map(_stands_for, signs[start:], word)):
            return start
    return None


def _stands_for(sign: str, letter: str) -> bool:
    return sign.lower() == letter or sign in L33T_TABLE.get(letter, ())


def _estimated(password: str) -> str:
    """What zxcvbn reads of it: the beginning, in which few signs may stand for letters.

    It tries every reading of every sign: two dozen different ones are thousands of words. No word
    that people write with signs for letters needs more than the first few.
    """
    read, kept = password[:ESTIMATED_LENGTH], ""
    for sign in dict.fromkeys(read):
        if sign in _SIGNS and _readings(kept + sign) > ESTIMATED_READINGS:
            read = read.replace(sign, chr(_OUT_OF_THE_WAY + ord(sign)))
        else:
            kept += sign
    return read


def _readings(text: str) -> int:
    """How many words zxcvbn makes of a text, at most: each letter may stand behind one sign."""
    signs_of_letters = (sum(sign in text for sign in signs) for signs in L33T_TABLE.values())
    return math.prod(count or 1 for count in signs_of_letters)


@cache
def _common_passwords() -> set[str]:
    """Django's list of 20 000, in lower case."""
    return CommonPasswordValidator().passwords


@cache
def slots() -> Turns[int]:
    """Of this process: a hash takes 19 MiB and tens of milliseconds of a core.

    So many run at once that the memory and the cores of the host allow. The others wait in line,
    without a seat (ncconnect.seats): tokens and pages do not wait behind them.
    """
    return Turns(
        range(settings.PASSWORD_HASH_CONCURRENCY),
        waiting=waiting.HASHES,
        patience=settings.PASSWORD_HASH_PATIENCE,
    )


@contextmanager
def _slot() -> Iterator[None]:
    """A slot for one hash. Raises TooManyHashes."""
    with seats.given_back():
        try:
            slot = slots().take()
        except Crowded:
            raise TooManyHashes from None
        try:
            yield
        finally:
            slots().give_back(slot)


class Argon2idHasher(Argon2PasswordHasher):
    """argon2id with OWASP's parameters (m=19456 KiB, t=2, p=1), tunable, and counted.

    A stored hash made with other parameters is made anew at the next sign-in.

    The salt tells how the password was read when it was stored: with the mark as ``opaque`` does,
    without it as it was typed, spaces of all kinds apart. So each hash is verified once, by its own
    rule, and an account of before opens as ever.
    """

    MARK = "8265."

    def salt(self):
        return self.MARK + super().salt()

    def _as_stored(self, password: str, salt: str) -> str:
        return _with_one_space(password) if salt.startswith(self.MARK) else password

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
        with _slot():
            return super().encode(self._as_stored(password, salt), salt)

    def verify(self, password, encoded):
        password = self._as_stored(password, self.decode(encoded)["salt"])
        with _slot():
            return super().verify(password, encoded)

    def harden_runtime(self, password, encoded):
        """Nothing: a second hash to hide the cost of an older one would double the load."""
