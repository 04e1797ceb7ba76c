"""Client metadata: what each member may be, and what it is stored as.

RFC 7591, section 2; OpenID Connect Registration 1.0, section 2. Every fault is told at once, with
the member's name.
"""

from typing import Any
from urllib.parse import urlsplit

from oidc_provider.claims.acr import LADDER
from oidc_provider.claims.table import SCOPES
from oidc_provider.grants.exchange import GRANTS
from oidc_provider.models import RelyingParty
from oidc_provider.partners import client_secrets, partner_keys
from oidc_provider.partners.addresses import Fault, native_uris, uri, uris
from oidc_provider.partners.relying_parties import CLIENT_ID

MAX_NAME = 100
# Before the client_id of a native application: a sector that no host can be.
NATIVE_SECTOR = "native/"
MAX_SECTOR = RelyingParty._meta.get_field("sector").max_length


class InvalidMetadata(Exception):
    """``faults``: one sentence a fault, each beginning with the member's name."""

    def __init__(self, faults: list[str]):
        super().__init__("; ".join(faults))
        self.faults = faults


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
    types = _each_among(*GRANTS)(value)
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


def _jwks(value: Any) -> dict[str, list]:
    try:
        return partner_keys.read(value)
    except partner_keys.InvalidKeys as invalid:
        raise Fault(str(invalid)) from None


ALGORITHM = _among(*RelyingParty.Algorithm.values)

# member → (field of RelyingParty, reader); a field of None is stored elsewhere, or nowhere
MEMBERS = {
    "client_id": ("client_id", _client_id),
    "client_secret": (None, _client_secret),
    "client_name": ("name", _text),
    "client_uri": ("client_uri", uri),
    "logo_uri": ("logo_uri", uri),
    "initiate_login_uri": ("initiate_login_uri", uri),
    "contacts": ("contacts", _contacts),
    "application_type": ("application_type", _among(*RelyingParty.ApplicationType.values)),
    "redirect_uris": ("redirect_uris", uris),
    "post_logout_redirect_uris": ("post_logout_redirect_uris", uris),
    "backchannel_logout_uri": ("backchannel_logout_uri", uri),
    "backchannel_logout_session_required": ("backchannel_logout_session_required", _boolean),
    "scope": ("scope", _scope),
    "grant_types": ("grant_types", _grant_types),
    "response_types": (None, _each_among("code")),
    "token_endpoint_auth_method": (
        "token_endpoint_auth_method",
        _among(*RelyingParty.AuthMethod.values),
    ),
    "jwks": ("jwks", _jwks),
    "jwks_uri": ("jwks_uri", uri),
    "sector_identifier_uri": ("sector_identifier_uri", uri),
    "id_token_signed_response_alg": ("algorithm", ALGORITHM),
    "userinfo_signed_response_alg": ("userinfo_algorithm", ALGORITHM),
    "subject_type": ("subject_type", _among(*RelyingParty.SubjectType.values)),
    "default_max_age": ("default_max_age", _seconds(0, 31_536_000)),
    "default_acr_values": ("default_acr_values", _each_among(*LADDER)),
    "nc_require_pkce": ("require_pkce", _boolean),
    "nc_consent": ("consent", _among(*RelyingParty.Consent.values)),
    "nc_access_token_lifetime": ("access_token_lifetime", _seconds(60, 86_400)),
}
# What the same members are for a native application
NATIVE = {name: (name, native_uris) for name in ("redirect_uris", "post_logout_redirect_uris")}
DEFAULTS = {"grant_types": ["authorization_code"], "scope": "openid"}
REQUIRED = ("client_name", "redirect_uris")


def validate(metadata: Any) -> dict[str, Any]:
    """The fields of RelyingParty that it means. Raises InvalidMetadata, all faults at once."""
    if not isinstance(metadata, dict):
        raise InvalidMetadata(["expected a JSON object"])
    fields, faults = {}, [f"{name}: missing" for name in REQUIRED if not metadata.get(name)]
    native = metadata.get("application_type") == RelyingParty.ApplicationType.NATIVE
    members = MEMBERS | NATIVE if native else MEMBERS
    for name, value in metadata.items():
        if name not in members:
            faults.append(f"{name}: unknown member")
            continue
        field, read = members[name]
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
    if native:  # its sector is named by it
        fields.setdefault("client_id", RelyingParty._meta.get_field("client_id").get_default())
    return DEFAULTS | fields | {"sector": _sector(fields)}


def _incoherences(metadata: dict[str, Any], fields: dict[str, Any]):
    """Members that are well-formed one by one and cannot stand together."""
    partner = RelyingParty(**fields)
    if metadata.get("client_secret") and not partner.has_secret:
        method = partner.token_endpoint_auth_method
        yield f"client_secret: a client that authenticates by {method} has no secret"
    if partner.jwks and partner.jwks_uri:
        yield "jwks_uri: jwks and jwks_uri exclude each other (RFC 7591, section 2)"
    by_key = partner.token_endpoint_auth_method == RelyingParty.AuthMethod.PRIVATE_KEY_JWT
    if by_key and not (partner.jwks or partner.jwks_uri):
        yield "token_endpoint_auth_method: private_key_jwt needs jwks or jwks_uri"
    if partner.is_public and metadata.get("nc_require_pkce") is False:
        yield "nc_require_pkce: a public client always needs PKCE (RFC 9700, section 2.1.1)"
    if "offline_access" in partner.scopes and not partner.may_refresh:
        yield "scope: offline_access needs refresh_token in grant_types"
    yield from _incoherences_of_native(partner) if partner.is_native else _several_hosts(partner)


def _several_hosts(partner: RelyingParty):
    """Registration, section 5: with several hosts, the sector needs an address of its own."""
    hosts = {urlsplit(uri).hostname for uri in partner.redirect_uris.split()}
    pairwise = partner.subject_type == RelyingParty.SubjectType.PAIRWISE
    if len(hosts) > 1 and pairwise and not partner.sector_identifier_uri:
        yield "redirect_uris: several hosts need sector_identifier_uri"


def _incoherences_of_native(partner: RelyingParty):
    """RFC 8252, section 8.4: what is copied to every device is no secret."""
    if not partner.is_public:
        yield (
            "token_endpoint_auth_method: a native application keeps no secret: "
            "expected none (RFC 8252, section 8.4)"
        )
    if partner.backchannel_logout_uri:
        yield "backchannel_logout_uri: a native application has no server to be told by"
    if len(NATIVE_SECTOR + partner.client_id) > MAX_SECTOR:
        longest = MAX_SECTOR - len(NATIVE_SECTOR)
        yield f"client_id: expected at most {longest} characters for a native application"


def _sector(fields: dict[str, Any]) -> str:
    """Core, section 8.1: the host of sector_identifier_uri, or of the redirect URIs.

    All native applications are at 127.0.0.1, or nowhere: without a list of its own, each is a
    sector by itself, or strangers would know a person by one sub.
    """
    declared = fields.get("sector_identifier_uri")
    if not declared and fields.get("application_type") == RelyingParty.ApplicationType.NATIVE:
        return NATIVE_SECTOR + fields["client_id"]
    address = declared or fields["redirect_uris"].split(maxsplit=1)[0]
    return urlsplit(address).hostname or ""
