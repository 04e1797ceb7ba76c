"""The audit trail: who did what, when, from where. One row, and one JSON line on commit.

    audit.record("sign_in", user=user)

The row is written in the caller's transaction: what is rolled back was not done. The catalogue of
events is ncconnect.audit.events.
"""

import hashlib
import hmac
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import apps as installed
from django.conf import settings

from ncconnect import metrics, rows, trace
from ncconnect.audit.events import EVENTS, LINES
from ncconnect.commits import after_commit
from ncconnect.logging import SECRET_NAMES, Redacted

logger = logging.getLogger(__name__)


def record(event: str, *, user=None, actor=None, partner="", request=None, **facts) -> None:
    """Write an event down.

    ``user``: the person concerned; ``actor``: who did it, when it is somebody else (staff). Both
    are an account or its key. ``partner``: a client_id. ``request`` is optional: the network and
    the reference of the request in hand are known without it. ``facts`` are JSON values; never a
    secret. Raises ValueError for an event that the catalogue does not have, or a fact that has
    the name of a secret.
    """
    row = _row(event, user=user, actor=actor, partner=partner, request=request, facts=facts)
    rows.insert(row)
    after_commit(_tell, row)


def record_each(event: str, about: Iterable[tuple[Any, dict]], *, actor=None) -> None:
    """The same event of many at once, in one statement: the person and the facts of each."""
    found = [_row(event, user=user, actor=actor, facts=facts) for user, facts in about]
    installed.get_model("audit.Event").objects.bulk_create(found)
    for row in found:
        after_commit(_tell, row)


def record_after(
    event: str, statement: str, parameters: Sequence[Any], *, user=None, partner="", **facts
) -> None:
    """Write an event down with the statement that it tells of; neither, when that finds nothing."""
    row = _row(event, user=user, partner=partner, facts=facts)
    if rows.insert_after(statement, parameters, row):
        after_commit(_tell, row)


def _row(event: str, *, facts: dict, user=None, actor=None, partner="", request=None):
    if event not in EVENTS:
        raise ValueError(f"{event} is not in ncconnect.audit.events")
    if secret := set(facts) & set(SECRET_NAMES):
        raise ValueError(f"{', '.join(secret)}: an audit row holds no secret")
    return installed.get_model("audit.Event")(
        event=event,
        user_id=_key(user),
        actor_id=_key(actor),
        partner=str(partner)[:100],
        network=request.client_network if request else trace.network(),
        reference=request.correlation_id if request else trace.reference(),
        facts=facts,
    )


def line(event: str, *, partner: str = "", **facts) -> None:
    """Count and log what leaves no row: an event of the catalogue's ``LINES``."""
    if event not in LINES:
        raise ValueError(f"{event} is not among the lines of ncconnect.audit.events")
    metrics.EVENTS.labels(event).inc()
    told = {"event": event, "partner": partner, "network": trace.network()}
    logger.info("audit", extra={"facts": told | facts})


def email_digest(address: str) -> str:
    """What stands for an address outside the audit table: the same for the same address, keyed."""
    message = b"ncconnect.audit.email\0" + address.encode()
    return hmac.digest(settings.SECRET_KEY.encode(), message, hashlib.sha256)[:12].hex()


def _key(account):
    return getattr(account, "pk", account)


def _tell(row) -> None:
    metrics.EVENTS.labels(row.event).inc()
    line = {
        "event": row.event,
        "user": str(row.user_id or ""),
        "actor": str(row.actor_id or ""),
        "partner": row.partner,
        "network": row.network,
        "reference": row.reference,
    }
    facts = {name: _public(name, value) for name, value in row.facts.items()}
    logger.info("audit", extra={"facts": {k: v for k, v in line.items() if v} | facts})


def _public(name: str, value):
    if name == "kid":  # it looks like a secret, and everybody may know it
        return Redacted(value)
    return email_digest(value) if name == "email" and isinstance(value, str) else value
