"""Telling partners that a session ended: OpenID Connect Back-Channel Logout 1.0.

A notice is a row, written in the transaction that ends the session; a worker posts it, and tries
again while the partner does not take it. Each try carries a token of its own: one that a partner
took, and whose answer was lost, must not look like a replay.
"""

import logging
import time
import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ncconnect import audit, outbound
from ncconnect.commits import after_commit
from ncconnect.mail.waking import wake
from ncconnect.outgoing import SWEEP_SECONDS
from ncconnect.purge import delete_batch
from oidc_provider.grants.visits import Visited
from oidc_provider.keys import keyring
from oidc_provider.models import LogoutNotice

logger = logging.getLogger(__name__)

TASK = "oidc_provider.tasks.deliver_logout"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_TIME = 120  # seconds; section 4: preferably at most two minutes
# By then the partner's own session should be over.
LIFETIME = settings.SESSION_ABSOLUTE_TIME
# A partner that says no means it, after so many times: keys may just have changed.
REFUSALS = 5
KEPT = {
    LogoutNotice.State.SENT: timedelta(days=1),
    LogoutNotice.State.DEAD: timedelta(days=30),
}
TRANSIENT = (408, 425, 429)  # a 4xx that asks for patience


class PartnerAway(Exception):
    """The partner cannot take notices now: the next one would fare no better."""


# --- Writing


def write(visits: Iterable[Visited]) -> None:
    """One notice for each of these partners that wants to be told.

    A suspended one too: it gets nothing of ours any more, and whoever is still signed in there is
    to be signed out all the same. The notice tells it no more than the names that it knows them by.
    """
    notices = [
        LogoutNotice(relying_party_id=visit.relying_party_id, sub=visit.sub, sid=visit.sid)
        for visit in visits
        if visit.backchannel_logout_uri
    ]
    for notice in LogoutNotice.objects.bulk_create(notices):
        after_commit(wake, notice.pk, TASK)


# --- Sending


def logout_token(notice: LogoutNotice) -> str:
    """Section 2.4: who, in which session, and no nonce, so that it passes for no id_token."""
    now = int(time.time())
    claims = {
        "iss": settings.ISSUER,
        "sub": notice.sub,
        "aud": notice.relying_party.client_id,
        "iat": now,
        "exp": now + TOKEN_TIME,
        "jti": str(uuid.uuid4()),
        "events": {EVENT: {}},
        "sid": notice.sid,
    }
    return keyring.sign(claims, algorithm=notice.relying_party.algorithm, typ="logout+jwt")


def deliver(notice_id) -> bool:
    """Post this notice if it is due and nobody else does; True when the partner took it.

    A partner that has just failed is left to the sweep: if it stalls, it would hold each worker
    for every person who signs out.
    """
    if _has_just_failed(LogoutNotice.objects.filter(pk=notice_id).values("relying_party")):
        return False
    notice = LogoutNotice.objects.filter(pk=notice_id).claim()
    try:
        return notice is not None and _deliver(notice)
    except PartnerAway:
        return False


def _has_just_failed(partner) -> bool:
    put_off = LogoutNotice.objects.filter(
        state=LogoutNotice.State.PENDING, attempts__gt=0, next_at__gt=timezone.now()
    )
    return put_off.filter(relying_party__in=partner).exists()


def sweep() -> int:
    """Post what is due, oldest first; how many were taken. A partner that is away is tried once."""
    deadline = time.monotonic() + SWEEP_SECONDS
    away: set[int] = set()
    taken = 0
    while time.monotonic() < deadline:
        notice = LogoutNotice.objects.exclude(relying_party__in=away).claim()
        if notice is None:
            break
        try:
            taken += _deliver(notice)
        except PartnerAway:
            away.add(notice.relying_party_id)
    return taken


def _deliver(notice: LogoutNotice) -> bool:
    """Post a claimed notice and write down what became of it. Raises PartnerAway."""
    address = notice.relying_party.backchannel_logout_uri
    if not address:
        _give_up(notice, "the partner has no address for it any more")
        return False
    try:
        status = outbound.post_form(address, {"logout_token": logout_token(notice)})
    except outbound.OutboundError as error:
        _put_off(notice, str(error)[:100])
        raise PartnerAway from None
    if status // 100 == 2:  # section 2.8: 200; some frameworks turn an empty one into 204
        notice.settle_sent()
        return True
    refused = status // 100 == 4 and status not in TRANSIENT
    _put_off(notice, f"it answered {status}", last=refused and notice.attempts >= REFUSALS)
    if not refused:
        raise PartnerAway
    return False


def _put_off(notice: LogoutNotice, cause: str, *, last: bool = False) -> None:
    facts = {
        "notice": str(notice.pk),
        "partner": notice.relying_party.client_id,
        "attempt": notice.attempts,
        "cause": cause,
    }
    logger.warning("logout notice not taken", extra={"facts": facts})
    if last or notice.is_older_than(LIFETIME):
        _give_up(notice, cause)
    else:
        notice.put_off(cause)


def _give_up(notice: LogoutNotice, cause: str) -> None:
    partner = notice.relying_party.client_id
    with transaction.atomic():
        if notice.settle_dead(cause):
            audit.record("logout_given_up", partner=partner, notice=str(notice.pk), cause=cause)


# --- Afterwards


def purge() -> int:
    """Delete a batch of the notices that are settled and old."""
    return sum(
        delete_batch(LogoutNotice.objects.older(state, kept)) for state, kept in KEPT.items()
    )


def gauges():
    """What a scrape tells of the notices."""
    states = LogoutNotice.State
    counts = {
        state.value: LogoutNotice.objects.filter(state=state).count()
        for state in (states.PENDING, states.DEAD)
    }
    oldest = LogoutNotice.objects.oldest()
    yield "ncconnect_logouts_oldest_seconds", "Age of the oldest waiting notice.", {"": oldest}
    yield "ncconnect_logouts", "Logout notices, by state.", counts
