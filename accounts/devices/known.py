"""Known devices: the browsers that a person has signed in with, by rows (accounts.models.Device).

A browser keeps a handle for each of the few people who share it (accounts.browser); a handle is
good for its own person's row and for nobody else's. A person has at most LIMIT of them: the one
that they have not used for longest leaves. Whoever makes one holds the person alone, so that the
number is exact however many browsers sign in at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Device, User
from ncconnect import handles, rows
from ncconnect.handles import Handle

LIMIT = 20
NOTED = timedelta(days=1)  # an ordinary sign-in writes nothing here
FOUND = f"""
SELECT {rows.columns(User, "person")}, {rows.columns(Device, "known")}
FROM accounts_user AS person LEFT JOIN accounts_device AS known ON {{known}}
WHERE person.email = %s LIMIT 1
"""  # noqa: S608  (column names of our own)
KNOWN = "known.user_id = person.id AND known.last_at > %s AND ({named})"
NAMED = "(known.id = %s AND known.digest = %s)"
PLACES = ", ".join(["%s"] * rows.width(Device))
# With how many there were before it.
WRITTEN = f"""
INSERT INTO accounts_device ({rows.columns(Device)}) VALUES ({PLACES})
RETURNING (SELECT count(*) FROM accounts_device AS other WHERE other.user_id = %s)
"""  # noqa: S608


@dataclass(frozen=True)
class Here:
    """The browser at hand, as the device of one person. ``handle``: what its cookie is to hold;
    empty on a shared computer, where nothing is kept."""

    device: Device
    handle: str
    is_new: bool

    @property
    def is_shared(self) -> bool:
        return not self.handle

    @property
    def is_written(self) -> bool:
        """Does it become a row now?"""
        return self.is_new and not self.is_shared


def find(email: str, named: Sequence[Handle]) -> tuple[User | None, Device | None]:
    """The account of this address, in its canonical form, and its device among these handles."""
    if not named:
        return User.objects.of_address(email), None
    found = rows.first(FOUND.format(known=_condition(named)), [*_values(named), email])
    if found is None:
        return None, None
    width = rows.width(User)
    person, device = found[:width], found[width:]
    return rows.built(User, person), rows.built(Device, device) if device[0] else None


def name(email: str, named: Sequence[Handle]) -> str:
    """What a limit counts this browser by, for this address; empty when it is not known there."""
    _user, device = find(email, named)
    return str(device.pk) if device else ""


def _condition(named: Sequence[Handle]) -> str:
    return KNOWN.format(named=" OR ".join([NAMED] * len(named)))


def _values(named: Sequence[Handle]) -> list:
    oldest = timezone.now() - settings.KNOWN_DEVICE_TIME
    pairs = [(rows.value(Device, "id", handle.id), handle.digest) for handle in named]
    return [rows.value(Device, "last_at", oldest), *(value for pair in pairs for value in pair)]


def new(user: User, seen: tuple[str, str], network: str) -> Here:
    """A device that is yet to be written, when a session opens there. ``seen``: devices.seen."""
    browser, system = seen
    device = Device(user=user, browser=browser, system=system, network=network)
    handle, device.digest = handles.new(device.pk)
    return Here(device, handle, is_new=True)


def again(device: Device, handle: str, seen: tuple[str, str], network: str) -> Here:
    """One that is known, as it is today: browsers are brought up to date, and travel."""
    device.browser, device.system = seen
    device.network = network
    return Here(device, handle, is_new=False)


def shared(user: User, seen: tuple[str, str], network: str) -> Here:
    """A computer that others use after them: it is nobody's device."""
    return replace(new(user, seen, network), handle="")


def write(here: Here) -> None:
    """In the transaction of the sign-in, which holds the person: alone, for a new device."""
    if here.is_shared:
        return
    if here.is_new:
        if _insert(here.device) >= LIMIT:
            _let_the_oldest_go(here.device.user)
    else:
        _note(here.device, timezone.now())


def _insert(device: Device) -> int:
    """Returns how many this person had."""
    fields = Device._meta.concrete_fields
    values = [
        field.get_db_prep_save(getattr(device, field.attname), connection) for field in fields
    ]
    (before,) = rows.first(WRITTEN, [*values, rows.value(Device, "id", device.user_id)])
    return before


def _let_the_oldest_go(user: User) -> None:
    theirs = Device.objects.filter(user=user)
    newest = theirs.order_by("-last_at", "-pk").values("pk")[:LIMIT]
    theirs.exclude(pk__in=newest)._raw_delete(connection.alias)


def _note(device: Device, now: datetime) -> None:
    """That it was used; once a day, so that it stays known."""
    if now - device.last_at >= NOTED:
        device.last_at = now
        device.save(update_fields=["last_at", "network", "browser", "system"])
