"""Registering a partner from its client metadata (RFC 7591; OpenID Connect Registration 1.0).

The command and the administration form call ``register``: one set of rules. Every fault is told
at once, each with the member's name, and nothing is stored then.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from ncconnect import audit
from ncconnect.config import LOOPBACK_HOSTS
from oidc_provider import client_secrets, grants
from oidc_provider.acr import LADDER
from oidc_provider.claims import SCOPES
from oidc_provider.models import Grant, RelyingParty
from oidc_provider.relying_parties import CLIENT_ID

MAX_URI = 500
MAX_NAME = 100
NOT_YET = "not offered yet"


class InvalidMetadata(Exception):
    """``faults``: one sentence a fault, each beginning with the member's name."""

    def __init__(self, faults: list[str]):
        super().__init__("; ".join(faults))
        self.faults = faults


class Fault(ValueError):
    """One member is malformed; the text says what is expected."""


@dataclass(frozen=True)
class Registered:
    """``secret`` is told once, here: None when given, there before, or not needed."""

    relying_party: RelyingParty
    secret: str | None
    created: bool


# --- Readers: a JSON value becomes what is stored, or a Fault that says what is expected


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_NAME:
        raise Fault(f"expected a text of at most {MAX_NAME} characters")
    if not value.isprintable():
        raise Fault("expected printable characters only")
    return value.strip()


def _client_id(value: Any) -> str:
    if not isinstance(value, str) or not CLIENT_ID.fullmatch(value):
        raise Fault("expected letters, digits, '.', '_', '~' and '-', at most 255")
    return value


def _client_secret(value: Any) -> str:
    if not isinstance(value, str) or not client_secrets.FORM.fullmatch(value):
        raise Fault("expected 32 to 255 letters, digits, '.', '_', '~' and '-'")
    return value


def _uri(value: Any) -> str:
    """https, or http on a loopback host in demonstration mode; compared as a string ever after."""
    if not isinstance(value, str) or len(value) > MAX_URI or not value.isascii():
        raise Fault(f"expected an address of at most {MAX_URI} ASCII characters")
    if not value.isprintable() or any(letter in value for letter in ' <>"\\^`{}|'):
        raise Fault("expected an address without spaces or special characters")
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise Fault("expected an address") from None
    if not host or "*" in value or "#" in value or "@" in parts.netloc:
        raise Fault("expected an address without wildcard, fragment or user name")
    local = settings.DEMO_MODE and parts.scheme == "http" and host in LOOPBACK_HOSTS
    if not local and not value.startswith("https://"):
        raise Fault("expected https://")
    return value


def _uris(value: Any) -> str:
    return " ".join(dict.fromkeys(_uri(item) for item in _list(value)))


def _list(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Fault("expected a list of texts")
    return value


def _contacts(value: Any) -> list[str]:
    return [_text(item) for item in _list(value)]


def _scope(value: Any) -> str:
    asked = value.split() if isinstance(value, str) else []
    unknown = [name for name in asked if name not in SCOPES]
    if "openid" not in asked or unknown:
        raise Fault(f"expected openid and others of {' '.join(SCOPES)}")
    return " ".join(dict.fromkeys(asked))


def _among(*choices: str):
    def read(value: Any) -> str:
        if value not in choices:
            raise Fault(f"expected one of {', '.join(choices)}")
        return value

    return read


def _each_among(*choices: str):
    def read(value: Any) -> list[str]:
        if any(item not in choices for item in _list(value)):
            raise Fault(f"expected a list of {', '.join(choices)}")
        return list(dict.fromkeys(value))

    return read


def _grant_types(value: Any) -> list[str]:
    types = _each_among("authorization_code", "refresh_token")(value)
    if "authorization_code" not in types:
        raise Fault("expected authorization_code, and refresh_token if wished")
    return types


def _seconds(minimum: int, maximum: int):
    def read(value: Any) -> int:
        if type(value) is not int or not minimum <= value <= maximum:
            raise Fault(f"expected a number of seconds from {minimum} to {maximum}")
        return value

    return read


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise Fault("expected true or false")
    return value


def _not_yet(value: Any):
    raise Fault(NOT_YET)


def _auth_method(value: Any) -> str:
    if value == "private_key_jwt":
        raise Fault(f"private_key_jwt: {NOT_YET}")
    return _among(*RelyingParty.AuthMethod.values)(value)


ALGORITHM = _among(*RelyingParty.Algorithm.values)

# member → (field of RelyingParty, reader); a field of None is stored elsewhere, or nowhere
MEMBERS = {
    "client_id": ("client_id", _client_id),
    "client_secret": (None, _client_secret),
    "client_name": ("name", _text),
    "client_uri": ("client_uri", _uri),
    "logo_uri": ("logo_uri", _uri),
    "initiate_login_uri": ("initiate_login_uri", _uri),
    "contacts": ("contacts", _contacts),
    "redirect_uris": ("redirect_uris", _uris),
    "post_logout_redirect_uris": ("post_logout_redirect_uris", _uris),
    "backchannel_logout_uri": ("backchannel_logout_uri", _uri),
    "backchannel_logout_session_required": ("backchannel_logout_session_required", _boolean),
    "scope": ("scope", _scope),
    "grant_types": ("grant_types", _grant_types),
    "response_types": (None, _each_among("code")),
    "token_endpoint_auth_method": ("token_endpoint_auth_method", _auth_method),
    "jwks": (None, _not_yet),
    "jwks_uri": (None, _not_yet),
    "sector_identifier_uri": (None, _not_yet),
    "id_token_signed_response_alg": ("algorithm", ALGORITHM),
    "userinfo_signed_response_alg": ("userinfo_algorithm", ALGORITHM),
    "subject_type": ("subject_type", _among(*RelyingParty.SubjectType.values)),
    "default_max_age": ("default_max_age", _seconds(0, 31_536_000)),
    "default_acr_values": ("default_acr_values", _each_among(*LADDER)),
    "nc_require_pkce": ("require_pkce", _boolean),
    "nc_consent": ("consent", _among(*RelyingParty.Consent.values)),
    "nc_access_token_lifetime": ("access_token_lifetime", _seconds(60, 86_400)),
}
DEFAULTS = {"grant_types": ["authorization_code"], "scope": "openid"}
REQUIRED = ("client_name", "redirect_uris")


def register(metadata: dict[str, Any], *, actor=None, tell_secret: bool = True) -> Registered:
    """Create a partner, or replace the registration of the one with this client_id.

    A member that is absent takes its default, at an update as well: the file says all. Secrets
    are the exception: those that a partner has are kept. Where nobody could be told a secret,
    none is made (``tell_secret``). Raises InvalidMetadata.
    """
    fields = validate(metadata)
    with transaction.atomic():
        known = _known(metadata.get("client_id"))
        before = describe(known) if known else {}
        partner = known or RelyingParty()
        check_update(partner, fields)
        _apply(partner, fields)
        partner.save()
        secret = _give_secret(partner, metadata.get("client_secret"), tell_secret)
        _record(partner, before, actor)
    return Registered(partner, secret, created=known is None)


def validate(metadata: Any) -> dict[str, Any]:
    """The fields of RelyingParty that it means. Raises InvalidMetadata, all faults at once."""
    if not isinstance(metadata, dict):
        raise InvalidMetadata(["expected a JSON object"])
    fields, faults = {}, [f"{name}: missing" for name in REQUIRED if not metadata.get(name)]
    for name, value in metadata.items():
        if name not in MEMBERS:
            faults.append(f"{name}: unknown member")
            continue
        field, read = MEMBERS[name]
        try:
            read_value = read(value)
        except Fault as fault:
            faults.append(f"{name}: {fault}")
            continue
        if field:
            fields[field] = read_value
    faults += _incoherences(metadata, fields) if not faults else []
    if faults:
        raise InvalidMetadata(faults)
    return DEFAULTS | fields | {"sector": _sector(fields["redirect_uris"])}


def _incoherences(metadata: dict[str, Any], fields: dict[str, Any]):
    """Members that are well-formed one by one and cannot stand together."""
    public = fields.get("token_endpoint_auth_method") == RelyingParty.AuthMethod.NONE
    if public and metadata.get("client_secret"):
        yield "client_secret: a client that authenticates by none has no secret"
    if public and metadata.get("nc_require_pkce") is False:
        yield "nc_require_pkce: a public client always needs PKCE (RFC 9700, section 2.1.1)"
    if "offline_access" in fields.get("scope", "").split() and "refresh_token" not in fields.get(
        "grant_types", ()
    ):
        yield "scope: offline_access needs refresh_token in grant_types"
    hosts = {urlsplit(uri).hostname for uri in fields["redirect_uris"].split()}
    if len(hosts) > 1 and fields.get("subject_type") != RelyingParty.SubjectType.PUBLIC:
        # Registration, section 5: with several hosts, the sector needs an address of its own.
        yield f"redirect_uris: several hosts need sector_identifier_uri, {NOT_YET}"


def _sector(redirect_uris: str) -> str:
    """Core, section 8.1: the host of the registered redirect URIs."""
    return urlsplit(redirect_uris.split(maxsplit=1)[0]).hostname or ""


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
    if moved and partner.sessions.exists() | partner.grants.exists():
        raise InvalidMetadata(["redirect_uris, subject_type: this would change every sub given"])


def _apply(partner: RelyingParty, fields: dict[str, Any]) -> None:
    for field, _read in MEMBERS.values():
        if field and field != "client_id" and field not in fields:
            fields[field] = RelyingParty._meta.get_field(field).get_default()
    for field, value in fields.items():
        setattr(partner, field, value)


def _give_secret(partner: RelyingParty, given: str | None, tell: bool) -> str | None:
    """Keep the given secret, or make the first one; returns it only when we made it."""
    if partner.client_type == RelyingParty.CLIENT_PUBLIC:
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
            members[name] = value.split() if read is _uris else value
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
        grants.revoke(Grant.objects.filter(application=partner))
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
