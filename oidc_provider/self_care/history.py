"""« Historique »: what the trail holds of a person, in their words, the newest first.

One statement reads it, one names the partners, one tells which networks the person is known on.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import devices
from accounts.devices import networks
from accounts.devices.models import Device
from accounts.models import User
from ncconnect.audit import sentences
from ncconnect.audit.models import Event
from oidc_provider.claims import table, telling
from oidc_provider.models import RelyingParty

PAGE = 25
# « Ce n’était pas vous ? »: of what is said so, and for how long after it.
DENIABLE = (sentences.SIGN_INS, sentences.SECURITY)
DENIABLE_TIME = timedelta(days=30)
AT_ONCE = timedelta(seconds=2)  # between a session and its own event
# RFC 8176 names them; a person reads what they typed or held.
METHODS = {"pwd": gettext_lazy("votre mot de passe")}


# Of a row of the trail, as an address names it.
KEY = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class Line:
    """One event, or the failures of one hour in one place: ``count`` of them."""

    event: Event
    words: str
    place: str
    count: int = 1

    @property
    def at(self) -> datetime:
        return timezone.localtime(self.event.at)

    @property
    def may_be_denied(self) -> bool:
        """May its person say that it was not theirs? What they said themselves stays said."""
        family = sentences.SENTENCES[self.event.event].family
        recent = timezone.now() - self.event.at < DENIABLE_TIME
        return recent and family in DENIABLE and self.event.event != "event_denied"


@dataclass(frozen=True)
class Page:
    """``before``: the key from which the next page goes on, None on the last one."""

    lines: list[Line]
    before: int | None

    @property
    def days(self) -> Iterator[tuple[date, list[Line]]]:
        for day, lines in groupby(self.lines, lambda line: line.at.date()):
            yield day, list(lines)


def page(user: User, *, here: str, family: str = "", before: int | None = None) -> Page:
    """``here``: the network that the person reads this on."""
    events = list(_events(user, family, before)[: PAGE + 1])
    more, events = len(events) > PAGE, events[:PAGE]
    reader = _Reader(_partners(events), here, _usual(user))
    lines = [reader.line(group) for group in _folded(events)]
    return Page(lines, events[-1].pk if more else None)


def deniable(user: User, typed: str, *, here: str) -> Line | None:
    """The line of this event, if it is this person's and may be denied."""
    if not KEY.fullmatch(typed):
        return None
    event = _events(user, "", None).filter(pk=int(typed)).first()
    if event is None:
        return None
    line = _Reader(_partners([event]), here, _usual(user)).line([event])
    return line if line.may_be_denied else None


def before(user: User, moment: datetime, *, here: str) -> Line | None:
    """The last sign-in before one of this moment, whose own event is as young as it."""
    former = Event.objects.of_person(user.pk).filter(event="sign_in", at__lt=moment - AT_ONCE)
    event = former.first()
    return _Reader({}, here, _usual(user)).line([event]) if event else None


def _events(user: User, family: str, before: int | None) -> QuerySet[Event]:
    """By the key, which is in the order of time."""
    since = timezone.now() - settings.AUDIT_TIME
    shown = Event.objects.of_person(user.pk).filter(event__in=sentences.names_of(family))
    shown = shown.filter(pk__lt=before) if before else shown
    return shown.filter(at__gte=since)


def _partners(events: Iterable[Event]) -> dict[str, str]:
    named = {event.partner for event in events if event.partner}
    return dict(
        RelyingParty.objects.filter(client_id__in=named).values_list("client_id", "name")
        if named
        else ()
    )


def _usual(user: User) -> set[str]:
    return networks.usual(Device.objects.live().filter(user=user))


def _folded(events: list[Event]) -> Iterable[list[Event]]:
    """Each event by itself; the tries of one hour and place where the newest of them stands."""
    groups: dict[Any, list[Event]] = {}
    for event in events:
        folds = sentences.SENTENCES[event.event].folds
        hour = timezone.localtime(event.at).replace(minute=0, second=0, microsecond=0)
        place = (event.event, hour, event.network, event.facts.get("device"))
        groups.setdefault(place if folds else event.pk, []).append(event)
    return groups.values()


@dataclass(frozen=True)
class _Reader:
    """Who reads, and what the words of a page need beside its events."""

    partners: dict[str, str]
    here: str
    usual: set[str]

    def line(self, events: list[Event]) -> Line:
        event = events[0]
        values = self._values(event) | {"count": len(events)}
        return Line(event, sentences.said(event.event, values), self._place(event), len(events))

    def _values(self, event: Event) -> dict[str, Any]:
        facts = event.facts
        return {
            "partner": self.partners.get(event.partner, event.partner),
            "methods": _methods(facts.get("method", "")),
            "newness": "" if facts.get("known", True) else _(", depuis un nouvel appareil"),
            "reason": sentences.reason(facts.get("reason", "")),
            "claims": sentences.enumeration(telling.words_of(facts.get("claims", ()))),
            "items": _items(facts.get("scope", "")),
            "denied": _denied(facts.get("what", "")),
        }

    def _place(self, event: Event) -> str:
        """Of staff, and of a partner's server, nothing is said."""
        if event.actor_id or not sentences.SENTENCES[event.event].placed:
            return ""
        device = event.facts.get("device", "")
        where = networks.label(event.network, here=self.here, usual=self.usual)
        return ", ".join(filter(None, (device and devices.label(device), where)))


def _methods(methods: str) -> str:
    return sentences.enumeration([METHODS[name] for name in methods.split() if name in METHODS])


def _denied(event: str) -> str:
    """The words of the event that was denied, without the values that it had."""
    if event not in sentences.SENTENCES:
        return ""
    return sentences.said(event, {"count": 1}).removesuffix(".")


def _items(scope: str) -> str:
    groups = table.groups_for(scope.split())
    return sentences.enumeration([words for lines in groups.values() for words in lines])
