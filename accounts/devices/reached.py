"""What sessions opened beyond this floor: the floor above says it, and this one shows it."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

Reader = Callable[[Sequence[UUID]], Mapping[UUID, Sequence[str]]]
_readers: list[Reader] = []


def register(reader: Reader) -> None:
    """From now on ``reader`` names what each of these sessions reached, by its key."""
    _readers.append(reader)


def by(sessions: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The names of the services that each of these sessions reached; none for most."""
    found: dict[UUID, list[str]] = {}
    for reader in _readers if sessions else ():
        for key, names in reader(sessions).items():
            found.setdefault(key, []).extend(names)
    return found
