"""The sessions and the known devices of a person, as « Appareils et sessions » lists them.

Whoever has five hundred sessions reads twenty at a time, and each page costs the same. What a page
names them by is sealed for its person: to anybody else it names nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.devices import HANDHELD, networks, reached
from accounts.models import Device, Session, User
from ncconnect import moments
from ncconnect.sealed import KeySeal, Seal, Unreadable

PAGE = 20

SESSION = KeySeal("accounts.devices.session", version=1)
DEVICE = KeySeal("accounts.devices.device", version=1)
_AFTER = Seal("accounts.devices.after", version=1, age=timedelta(hours=12))


@dataclass(frozen=True)
class Line:
    """A session, or a device without one. ``ref`` names it in a form of this person's."""

    ref: str
    label: str
    is_handheld: bool
    network: str
    since: datetime
    last_at: datetime
    is_session: bool
    services: Sequence[str] = ()
    is_here: bool = False
    is_shared: bool = False

    @property
    def since_when(self) -> str:
        return moments.in_words(self.since)

    @property
    def last_when(self) -> str:
        return moments.in_words(self.last_at)


@dataclass(frozen=True)
class Listing:
    """One page. ``after``: what the next one begins after, empty on the last; ``devices``: those
    without a session, on the first page only."""

    sessions: list[Line]
    devices: list[Line]
    after: str
    is_first: bool

    @property
    def is_alone(self) -> bool:
        """Is there no session but that of whoever looks?"""
        return self.is_first and all(line.is_here for line in self.sessions)


def page(user: User, *, current: Session, network: str, after: str = "") -> Listing:
    """``current``: the session of whoever looks; ``network``: where they are."""
    begin = _opened(after, user)
    found = list(_live(user, begin)[: PAGE + 1])
    devices = list(_devices(user))
    words = _Words(
        user, current, network, networks.usual(devices), reached.by([row.pk for row in found])
    )
    return Listing(
        sessions=[words.session(row) for row in found[:PAGE]],
        devices=[] if begin else [words.device(row) for row in devices if not row.is_open],
        after=_sealed(found[PAGE - 1], user) if len(found) > PAGE else "",
        is_first=begin is None,
    )


@dataclass(frozen=True)
class _Words:
    user: User
    current: Session
    here: str
    usual: Collection[str]
    services: dict[UUID, list[str]]

    def session(self, row: Session) -> Line:
        return Line(
            ref=SESSION.close(row.pk, audience=str(self.user.pk)),
            since=row.created_at,
            last_at=row.seen_at,
            is_session=True,
            services=self.services.get(row.pk, ()),
            is_here=row.pk == self.current.pk,
            is_shared=row.shared,
            **self._seen(row),
        )

    def device(self, row: Device) -> Line:
        ref = DEVICE.close(row.pk, audience=str(self.user.pk))
        days = {"since": row.first_at, "last_at": row.last_at}
        return Line(ref=ref, is_session=False, **days, **self._seen(row))

    def _seen(self, row: Session | Device) -> dict:
        return {
            "label": row.device_label,
            "is_handheld": row.system in HANDHELD,
            "network": networks.label(row.network, here=self.here, usual=self.usual),
        }


def _live(user: User, begin: tuple[datetime, UUID] | None) -> QuerySet[Session]:
    """The one that was used last comes first; of two at one moment, the younger."""
    live = Session.objects.alive().filter(user=user, ends_at__gt=timezone.now())
    if begin:
        at, key = begin
        live = live.filter(Q(seen_at__lt=at) | Q(seen_at=at, pk__lt=key))
    return live.order_by("-seen_at", "-pk")


def _devices(user: User) -> QuerySet[Device]:
    now = timezone.now()
    there = Session.objects.alive().filter(user=user, device=OuterRef("pk"), ends_at__gt=now)
    return (
        Device.objects.live().filter(user=user).annotate(is_open=Exists(there)).order_by("-last_at")
    )


def _sealed(row: Session, user: User) -> str:
    return _AFTER.close([row.seen_at.isoformat(), row.pk.hex], audience=str(user.pk))


def _opened(after: str, user: User) -> tuple[datetime, UUID] | None:
    """Where a page begins; None for the first one, and for what is not this person's."""
    try:
        at, key = _AFTER.open(after, audience=str(user.pk))
    except Unreadable:
        return None
    return datetime.fromisoformat(at), UUID(key)


def key_of(ref: str, user: User, seal: KeySeal = SESSION) -> UUID | None:
    """The row that this person's form names; None for anybody else's, and for any other text."""
    try:
        return seal.open(ref, audience=str(user.pk))
    except Unreadable:
        return None
