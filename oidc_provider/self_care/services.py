"""The partners that a person has reached, for that person's own eyes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from ncconnect.audit.models import Event
from oidc_provider.claims import table, telling
from oidc_provider.models import Consent, Grant, PartnerUse, RelyingParty
from oidc_provider.partners.relying_parties import CLIENT_ID

RELEASED = "claims_released"
SHOWN = 3


@dataclass(frozen=True)
class Service:
    """A partner, and what there is between it and this person."""

    partner: RelyingParty

    @property
    def is_open(self) -> bool:
        return self.partner.is_active

    @property
    def first_at(self) -> datetime | None:
        """The first sign-in there; None for who agreed and never arrived."""
        return min(filter(None, (self.partner.kept_first, self.partner.given_first)), default=None)

    @property
    def last_at(self) -> datetime | None:
        return max(filter(None, (self.partner.kept_last, self.partner.given_last)), default=None)

    @property
    def agreed_at(self) -> datetime | None:
        return self.partner.agreed_at

    @property
    def informs(self) -> bool:
        """Does it tell the person what it receives, rather than ask?"""
        return self.partner.consent == RelyingParty.Consent.INFORMATION

    @property
    def may_be_withdrawn(self) -> bool:
        """Is there anything that it could still be given without this person?"""
        return self.partner.holds_grants or self.agreed_at is not None

    @property
    def in_absence(self) -> bool:
        """Can it read the person's information while they are away?"""
        return self.partner.holds_offline and "offline_access" in self.partner.possible_scopes

    @cached_property
    def items(self) -> list[str]:
        """What it may receive: what was agreed, or what a partner that informs is registered for;
        and of both, nothing that its registration has lost since."""
        scopes = self.partner.possible_scopes - {"openid", "offline_access"}
        if self.informs:
            return sorted(scopes)
        agreed = (self.partner.agreed_scope or "").split()
        named = {table.BY_NAME + name for name in table.names_for(scopes)}
        return [item for item in agreed if item in scopes or item in named]

    @property
    def words(self) -> Mapping[Any, tuple[Any, ...]]:
        """The same as the consent page says it: title → words."""
        return table.groups_for(self.items)


@dataclass(frozen=True)
class Received:
    """What went to a partner at once, in words."""

    at: datetime
    words: list[Any]


def reached_by(user: User) -> list[Service]:
    """Every partner that this person has signed in at or agreed with, the latest first."""
    services = [Service(partner) for partner in _partners(user)]
    return sorted(services, key=_when, reverse=True)


def removed(user: User) -> QuerySet[PartnerUse]:
    """What is left of partners that are no more, the latest first."""
    return PartnerUse.objects.filter(user=user, relying_party=None).order_by("-last_at")


def find(user: User, client_id: str) -> Service | None:
    """This partner, if this person has reached it; None for any other, whether it exists or not."""
    if not CLIENT_ID.fullmatch(client_id):
        return None
    partner = _partners(user).filter(client_id=client_id).first()
    return Service(partner) if partner else None


def received(user: User, partner: RelyingParty) -> list[Received]:
    """What it was last told, the newest first; all of it is in « Historique »."""
    told = Event.objects.of_person(user.pk).filter(partner=partner.client_id, event=RELEASED)
    return [
        Received(event.at, telling.words_of(event.facts.get("claims", ())))
        for event in told[:SHOWN]
    ]


def _when(service: Service) -> tuple[bool, datetime]:
    moment = service.last_at or service.agreed_at
    return service.last_at is not None, moment


def _partners(user: User) -> QuerySet[RelyingParty]:
    """With what each sign-in, agreement and grant of this person says, in one statement.

    Grants tell of the last hours, PartnerUse of what was before (grants.uses).
    """
    kept = PartnerUse.objects.filter(user=user)
    agreed = Consent.objects.filter(user=user)
    given = Grant.objects.filter(subject__user=user)
    alive = given.filter(
        application=OuterRef("pk"), revoked_at=None, ends_at__gt=timezone.now()
    ).exclude(consumed_at=None)
    known = (
        Q(pk__in=given.exclude(consumed_at=None).values("application"))
        | Q(pk__in=kept.values("relying_party"))
        | Q(pk__in=agreed.values("relying_party"))
    )
    return RelyingParty.objects.filter(known).annotate(
        kept_first=_one(kept, "relying_party", "first_at"),
        kept_last=_one(kept, "relying_party", "last_at"),
        agreed_scope=_one(agreed, "relying_party", "scope"),
        agreed_at=_one(agreed, "relying_party", "granted_at"),
        given_first=_one(_redeemed(given, "consumed_at"), "application", "consumed_at"),
        given_last=_one(_redeemed(given, "-consumed_at"), "application", "consumed_at"),
        holds_grants=Exists(alive),
        holds_offline=Exists(alive.filter(offline=True)),
    )


def _redeemed(grants: QuerySet[Grant], order: str) -> QuerySet[Grant]:
    return grants.exclude(consumed_at=None).order_by(order)


def _one(rows: QuerySet, partner: str, column: str) -> Subquery:
    return Subquery(rows.filter(**{partner: OuterRef("pk")}).values(column)[:1])
