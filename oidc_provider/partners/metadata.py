"""Client metadata: what each member may be, and what it is stored as.

RFC 7591, section 2; OpenID Connect Registration 1.0, section 2. Every fault is told at once, with
the member's name.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from ncconnect.config import LOOPBACK_HOSTS
from oidc_provider.claims.acr import LADDER
from oidc_provider.claims.table import SCOPES
from oidc_provider.grants.exchange import GRANTS
from oidc_provider.models import RelyingParty
from oidc_provider.partners import client_secrets, partner_keys
from oidc_provider.partners.relying_parties import CLIENT_ID

# It stands in the headers of our pages (Content-Security-Policy): nothing there that ends a value.
HOST = re.compile(r"[a-z0-9._:-]+")
MAX_URI = 500
MAX_NAME = 100


class InvalidMetadata(Exception):
    """``faults``: one sentence a fault, each beginning with the member's name."""

    def __init__(self, faults: list[str]):
        super().__init__("; ".join(faults))
        self.faults = faults


class Fault(ValueError):
    """One member is malformed; the text says what is expected."""


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
    if not HOST.fullmatch(host):
        raise Fault("expected a host of letters, digits, '.', '_' and '-'")
    local = settings.DEMO_MODE and parts.scheme == "http" and host in LOOPBACK_HOSTS
    if not local and not value.startswith("https://"):
        raise Fault("expected https://")
    return value


def uris(value: Any) -> str:
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
    "client_uri": ("client_uri", _uri),
    "logo_uri": ("logo_uri", _uri),
    "initiate_login_uri": ("initiate_login_uri", _uri),
    "contacts": ("contacts", _contacts),
    "redirect_uris": ("redirect_uris", uris),
    "post_logout_redirect_uris": ("post_logout_redirect_uris", uris),
    "backchannel_logout_uri": ("backchannel_logout_uri", _uri),
    "backchannel_logout_session_required": ("backchannel_logout_session_required", _boolean),
    "scope": ("scope", _scope),
    "grant_types": ("grant_types", _grant_types),
    "response_types": (None, _each_among("code")),
    "token_endpoint_auth_method": (
        "token_endpoint_auth_method",
        _among(*RelyingParty.AuthMethod.values),
    ),
    "jwks": ("jwks", _jwks),
    "jwks_uri": ("jwks_uri", _uri),
    "sector_identifier_uri": ("sector_identifier_uri", _uri),
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
    return DEFAULTS | fields | {"sector": _sector(fields)}


def _incoherences(metadata: dict[str, Any], fields: dict[str, Any]):
    """Members that are well-formed one by one and cannot stand together."""
    partner = RelyingParty(**fields)
    public = partner.client_type == RelyingParty.CLIENT_PUBLIC
    if metadata.get("client_secret") and not partner.has_secret:
        method = partner.token_endpoint_auth_method
        yield f"client_secret: a client that authenticates by {method} has no secret"
    if partner.jwks and partner.jwks_uri:
        yield "jwks_uri: jwks and jwks_uri exclude each other (RFC 7591, section 2)"
    by_key = partner.token_endpoint_auth_method == RelyingParty.AuthMethod.PRIVATE_KEY_JWT
    if by_key and not (partner.jwks or partner.jwks_uri):
        yield "token_endpoint_auth_method: private_key_jwt needs jwks or jwks_uri"
    if public and metadata.get("nc_require_pkce") is False:
        yield "nc_require_pkce: a public client always needs PKCE (RFC 9700, section 2.1.1)"
    if "offline_access" in partner.scopes and not partner.may_refresh:
        yield "scope: offline_access needs refresh_token in grant_types"
    hosts = {urlsplit(uri).hostname for uri in partner.redirect_uris.split()}
    pairwise = partner.subject_type == RelyingParty.SubjectType.PAIRWISE
    if len(hosts) > 1 and pairwise and not partner.sector_identifier_uri:
        # Registration, section 5: with several hosts, the sector needs an address of its own.
        yield "redirect_uris: several hosts need sector_identifier_uri"


def _sector(fields: dict[str, Any]) -> str:
    """Core, section 8.1: the host of sector_identifier_uri, or of the redirect URIs."""
    uri = fields.get("sector_identifier_uri") or fields["redirect_uris"].split(maxsplit=1)[0]
    return urlsplit(uri).hostname or ""
