"""The partners that a person has reached, for that person's own eyes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from ncconnect import rows
from ncconnect.audit.models import Event
from oidc_provider.claims import table, telling
from oidc_provider.models import Consent, Grant, PartnerUse, RelyingParty
from oidc_provider.partners.relying_parties import CLIENT_ID

RELEASED = "claims_released"
SHOWN = 3
PARTNER = (
    *("id", "client_id", "name", "client_uri", "logo", "consent", "is_active"),
    *("scope", "grant_types"),
)
AGREED, KEPT = ("scope", "granted_at"), ("first_at", "last_at")
# Grants tell of the last hours, PartnerUse of what was before (grants.uses).
REACHED = f"""
SELECT {rows.columns(RelyingParty, "partner", PARTNER)}, {rows.columns(Consent, "agreed", AGREED)},
    {rows.columns(PartnerUse, "kept", KEPT)},
    given.first_at, given.last_at, given.alive, given.lasting
FROM oidc_provider_relyingparty AS partner
LEFT JOIN oidc_provider_consent AS agreed
    ON agreed.relying_party_id = partner.id AND agreed.user_id = %(user)s
LEFT JOIN oidc_provider_partneruse AS kept
    ON kept.relying_party_id = partner.id AND kept.user_id = %(user)s
LEFT JOIN (
    SELECT one.application_id, min(one.consumed_at) AS first_at, max(one.consumed_at) AS last_at,
        max(CASE WHEN one.revoked_at IS NULL AND one.ends_at > %(now)s
            THEN 1 ELSE 0 END) AS alive,
        max(CASE WHEN one.revoked_at IS NULL AND one.ends_at > %(now)s AND one.offline
            THEN 1 ELSE 0 END) AS lasting
    FROM oidc_provider_grant AS one
    JOIN oidc_provider_subjectidentifier AS known ON known.id = one.subject_id
    WHERE known.user_id = %(user)s AND one.consumed_at IS NOT NULL GROUP BY one.application_id
) AS given ON given.application_id = partner.id
WHERE (agreed.id IS NOT NULL OR kept.id IS NOT NULL OR given.application_id IS NOT NULL)
"""  # noqa: S608  (column names of our own)
THIS_ONE = REACHED + " AND partner.client_id = %(client_id)s"


@dataclass(frozen=True)
class Service:
    """A partner, and what there is between it and this person.

    ``first_at`` and ``last_at``: of the sign-ins there, None for who agreed and never arrived.
    ``holds_grants``: something that was given lives; ``holds_offline``: without the session too.
    """

    partner: RelyingParty
    agreed_scope: str
    agreed_at: datetime | None
    first_at: datetime | None
    last_at: datetime | None
    holds_grants: bool
    holds_offline: bool

    @property
    def is_open(self) -> bool:
        return self.partner.is_active

    @property
    def informs(self) -> bool:
        """Does it tell the person what it receives, rather than ask?"""
        return self.partner.consent == RelyingParty.Consent.INFORMATION

    @property
    def may_be_withdrawn(self) -> bool:
        """Is there anything that it could still be given without this person?"""
        return self.holds_grants or self.agreed_at is not None

    @property
    def in_absence(self) -> bool:
        """Can it read the person's information while they are away?"""
        return self.holds_offline and "offline_access" in self.partner.possible_scopes

    @cached_property
    def items(self) -> list[str]:
        """What it may receive: what was agreed, or what a partner that informs is registered for;
        and of both, nothing that its registration has lost since."""
        scopes = self.partner.possible_scopes - {"openid", "offline_access"}
        if self.informs:
            return sorted(scopes)
        agreed = self.agreed_scope.split()
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
    found = rows.every(REACHED, _values(user))
    return sorted(map(_service, found), key=_when, reverse=True)


def removed(user: User) -> QuerySet[PartnerUse]:
    """What is left of partners that are no more, the latest first."""
    return PartnerUse.objects.filter(user=user, relying_party=None).order_by("-last_at")


def find(user: User, client_id: str) -> Service | None:
    """This partner, if this person has reached it; None for any other, whether it exists or not."""
    if not CLIENT_ID.fullmatch(client_id):
        return None
    found = rows.first(THIS_ONE, _values(user) | {"client_id": client_id})
    return _service(found) if found else None


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


def _values(user: User) -> dict[str, Any]:
    now = rows.value(Grant, "ends_at", timezone.now())
    return {"user": rows.value(User, "id", user.pk), "now": now}


def _service(found: tuple) -> Service:
    width = len(PARTNER)
    partner = rows.built(RelyingParty, found[:width], PARTNER)
    agreed = rows.built(Consent, found[width : width + 2], AGREED)
    kept = rows.built(PartnerUse, found[width + 2 : width + 4], KEPT)
    first, last, alive, lasting = found[width + 4 :]
    return Service(
        partner=partner,
        agreed_scope=agreed.scope or "",
        agreed_at=agreed.granted_at,
        first_at=min(filter(None, (kept.first_at, _moment(first))), default=None),
        last_at=max(filter(None, (kept.last_at, _moment(last))), default=None),
        holds_grants=bool(alive),
        holds_offline=bool(lasting),
    )


def _moment(value: Any) -> datetime | None:
    """As the model reads it: a minimum of SQLite's is a text."""
    return rows.built(Grant, [value], ("consumed_at",)).consumed_at
