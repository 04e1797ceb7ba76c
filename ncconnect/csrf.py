"""The random letters of Django's form protection, drawn at once.

Django asks the system for each of the 64 letters that a new visitor's form has (a secret and its
mask): an eighth of what the sign-in page costs. One number of as many values as there are such
texts gives the same letters, each as likely as the others, and asks once.
"""

import secrets

from django.middleware import csrf


def draw_at_once() -> None:
    """From now on, in this process (django.middleware.csrf takes its letters by this name)."""
    csrf.get_random_string = letters


def letters(length: int, allowed_chars: str) -> str:
    """As django.utils.crypto.get_random_string."""
    size = len(allowed_chars)
    number = secrets.randbelow(size**length)
    drawn = []
    for _ in range(length):
        number, place = divmod(number, size)
        drawn.append(allowed_chars[place])
    return "".join(drawn)
