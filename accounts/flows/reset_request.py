"""Asking for a link to choose a new password.

The page does the same for every address: it counts the request and writes one row of the outbox.
Whether anybody is to have a mail is found out by the worker that renders it (links.of_request), so
that neither the answer nor its time tells who has an account.
"""

from collections.abc import Sequence

from accounts import emails
from accounts.devices import known
from accounts.email_identity import canonical, mailbox
from ncconnect import ratelimit
from ncconnect.handles import Handle


class TooManyRequests(Exception):
    """Wait ``retry_after`` seconds. It is told: it says nothing about an account."""

    def __init__(self, retry_after: int):
        super().__init__()
        self.retry_after = retry_after


def request_reset(
    *,
    email: str,
    network: str,
    return_to: str,
    device: str = "",
    handles: Sequence[Handle] = (),
    language: str = "",
) -> None:
    """Have a link sent to this address, if it has an account that is not suspended.

    ``device``: of a browser that has signed this address in; ``handles``: those by which it may be
    found. What strangers ask for does not count there. Raises InvalidEmail, TooManyRequests.
    """
    email = canonical(email)
    if handles:
        device = known.name(email, handles) or device
    counted = mailbox(email)
    hits = [("reset_mail", counted, device or network), ("reset_network", network)]
    if not device:
        hits.append(("reset_address", counted))
    wait = max(ratelimit.hit(*hit).retry_after for hit in hits)
    if wait:
        raise TooManyRequests(wait)
    emails.password_reset(to=email, return_to=return_to, language=language)
