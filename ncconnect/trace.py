"""What the request in hand is known by: its reference and the network that it came from.

The middleware fills it; log lines and audit rows read it, so that no flow has to carry a request
only to leave a trace.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# 32 signs, none that is mistaken for another one when read over the telephone.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

_reference: ContextVar[str] = ContextVar("reference", default="")
_network: ContextVar[str] = ContextVar("network", default="")


def new_reference() -> str:
    """Such as « NC-7F3K-92 »: what a person tells the help desk, and what logs are searched by."""
    drawn = "".join(ALPHABET[byte % 32] for byte in secrets.token_bytes(6))
    return f"NC-{drawn[:4]}-{drawn[4:]}"


def begin(reference: str) -> None:
    """A new request: its reference, and no network known yet."""
    _reference.set(reference)
    _network.set("")


def came_from(network: str) -> None:
    _network.set(network)


@contextmanager
def of(reference: str, network: str) -> Iterator[None]:
    """Do later what a request asked for: what is written down is written as of that request."""
    marks = (_reference.set(reference), _network.set(network))
    try:
        yield
    finally:
        _reference.reset(marks[0])
        _network.reset(marks[1])


def reference() -> str:
    """The reference of the request in hand; empty outside of a request."""
    return _reference.get()


def network() -> str:
    """The network of the request in hand; empty outside of a request."""
    return _network.get()
