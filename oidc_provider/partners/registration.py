"""Registering a partner from its client metadata.

The command and the administration form pass the same two doors: ``accept`` knows every rule
(partners.metadata, and what an address of the partner's must answer), ``store`` writes.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from ncconnect import audit, outbound
from oidc_provider.grants import lifecycle
from oidc_provider.models import Grant, RelyingParty, SubjectIdentifier
from oidc_provider.partners import client_secrets
from oidc_provider.partners.addresses import uris
from oidc_provider.partners.metadata import MEMBERS, InvalidMetadata, validate

# The members that a person's sub at a partner depends on
NAMING = ("redirect_uris", "sector_identifier_uri", "subject_type", "application_type")


@dataclass(frozen=True)
class Accepted:
    """Metadata that obeys every rule: ``fields`` of RelyingParty, and the secret, if given."""

    fields: dict[str, Any]
    client_secret: str | None


@dataclass(frozen=True)
class Registered:
    """``secret`` is told once, here: None when given, there before, or not needed."""

    relying_party: RelyingParty
    secret: str | None
    created: bool


def register(metadata: dict[str, Any]) -> Registered:
    """Create a partner, or replace the registration of the one with this client_id.

    A member that is absent takes its default, at an update as well: the file says all. Secrets
    are the exception: those that a partner has are kept. Raises InvalidMetadata.
    """
    return store(accept(metadata))


def accept(metadata: Any) -> Accepted:
    """Judge the metadata; nothing is stored. Raises InvalidMetadata, all faults at once."""
    fields = validate(metadata)
    _check_sector(fields)
    return Accepted(fields, metadata.get("client_secret"))


def store(
    accepted: Accepted, *, actor=None, tell_secret: bool = True, only_new: bool = False
) -> Registered:
    """Write what was accepted. Where nobody could be told a secret, none is made.

    With ``only_new``, a partner that somebody has added meanwhile is not written over. Raises
    InvalidMetadata then, and when it would change what was given to people.
    """
    fields = dict(accepted.fields)
    with transaction.atomic():
        known = _known(fields.get("client_id"))
        if known and only_new:
            raise InvalidMetadata(["client_id: already registered"])
        before = describe(known) if known else {}
        partner = known or RelyingParty()
        check_update(partner, fields)
        _apply(partner, fields)
        partner.save()
        secret = _give_secret(partner, accepted.client_secret, tell_secret)
        _record(partner, before, actor)
    return Registered(partner, secret, created=known is None)


def _check_sector(fields: dict[str, Any]) -> None:
    """Core, section 8.1; Registration, section 5: the sector's own list holds each redirect URI.

    Otherwise anyone could join a sector, and learn the sub that its partners know a person by.
    """
    address = fields.get("sector_identifier_uri")
    if not address:
        return
    try:
        listed = outbound.get_json(address)
    except outbound.OutboundError as error:
        raise InvalidMetadata([f"sector_identifier_uri: {error}"]) from None
    if not isinstance(listed, list) or not all(isinstance(uri, str) for uri in listed):
        raise InvalidMetadata(["sector_identifier_uri: expected a JSON list of addresses there"])
    absent = [uri for uri in fields["redirect_uris"].split() if uri not in listed]
    if absent:
        raise InvalidMetadata([f"sector_identifier_uri: {uri} is not listed" for uri in absent])


def _known(client_id: str | None) -> RelyingParty | None:
    if not client_id:
        return None
    return RelyingParty.objects.select_for_update().filter(client_id=client_id).first()


def check_update(partner: RelyingParty, fields: dict[str, Any]) -> None:
    """People would come back as strangers: a sub never changes once it was given.

    Raises InvalidMetadata.
    """
    moved = partner.pk and (partner.sector, partner.subject_type) != (
        fields["sector"],
        fields.get("subject_type", RelyingParty.SubjectType.PAIRWISE),
    )
    if moved and _has_named_people(partner):
        raise InvalidMetadata([f"{', '.join(NAMING)}: it would change every sub given"])


def _has_named_people(partner: RelyingParty) -> bool:
    """Was a sub given in its sector? Grants tell of the last hours only; the names stay.

    Those of public partners are everybody's: for them, was it ever used?
    """
    if partner.subject_type == RelyingParty.SubjectType.PUBLIC:
        return partner.first_used_at is not None
    return SubjectIdentifier.objects.filter(sector=partner.sector).exists()


def _apply(partner: RelyingParty, fields: dict[str, Any]) -> None:
    for field, _read in MEMBERS.values():
        if field and field != "client_id" and field not in fields:
            fields[field] = RelyingParty._meta.get_field(field).get_default()
    for field, value in fields.items():
        setattr(partner, field, value)


def _give_secret(partner: RelyingParty, given: str | None, tell: bool) -> str | None:
    """Keep the given secret, or make the first one; returns it only when we made it."""
    if not partner.has_secret:
        partner.secrets.all().delete()
        return None
    partner.live_secrets = list(partner.secrets.all())
    if given:
        if client_secrets.find(partner, [given]) is None:
            client_secrets.store(partner, given)
        return None
    if partner.live_secrets or not tell:
        return None
    return add_secret(partner)


def add_secret(partner: RelyingParty) -> str:
    """A new secret beside the newest one. It is told here, once."""
    secret = client_secrets.generate()
    client_secrets.store(partner, secret)
    return secret


def describe(partner: RelyingParty) -> dict[str, Any]:
    """The registration as the members of its metadata, without secrets."""
    members = {}
    for name, (field, read) in MEMBERS.items():
        value = getattr(partner, field) if field else None
        if value not in (None, "", []):
            members[name] = value.split() if read is uris else value
    return members


def _record(partner: RelyingParty, before: dict[str, Any], actor) -> None:
    """The audit trail keeps what changed, before and after."""
    after = describe(partner)
    changed = {
        name: [before.get(name), after.get(name)]
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name)
    }
    event = "partner_changed" if before else "partner_registered"
    if changed or not before:
        audit.record(event, partner=partner.client_id, actor=actor, changed=changed)


def suspend(partner: RelyingParty, *, actor=None) -> None:
    """Close a partner: nobody signs in there, and the tokens that it holds die."""
    with transaction.atomic():
        partner.is_active = False
        partner.save(update_fields=["is_active", "updated"])
        lifecycle.revoke(Grant.objects.filter(application=partner))
        audit.record("partner_suspended", partner=partner.client_id, actor=actor)


def reopen(partner: RelyingParty, *, actor=None) -> None:
    with transaction.atomic():
        partner.is_active = True
        partner.save(update_fields=["is_active", "updated"])
        audit.record(
            "partner_changed",
            partner=partner.client_id,
            actor=actor,
            changed={"is_active": [False, True]},
        )
