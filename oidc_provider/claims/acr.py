"""Authentication context class references: how strong an authentication is, never who it is of.

``eidas1`` password, ``eidas1mfa`` two factors, ``eidas2`` two factors and an identity verified at
level 2. Partners compare them letter for letter, so they travel bare.
"""

from collections.abc import Iterable

LADDER = ("eidas1", "eidas1mfa", "eidas2")
# Those that a person can reach here today: the ones that discovery offers.
OFFERED = LADDER[:1]


def satisfies(reached: str, asked: str) -> bool:
    """Is an authentication at ``reached`` at least as strong as ``asked``?"""
    return asked in LADDER and reached in LADDER and LADDER.index(reached) >= LADDER.index(asked)


def is_offered(asked: str) -> bool:
    """Can anybody here be at least as strong as ``asked``?"""
    return any(satisfies(reached, asked) for reached in OFFERED)


def stated(reached: str, asked: Iterable[str]) -> str:
    """The ``acr`` for the id_token: the first value asked for that is reached, exactly as asked.

    Without one, the value reached: acr_values is a wish (Core, section 3.1.2.1).
    """
    return next((value for value in asked if satisfies(reached, value)), reached)
