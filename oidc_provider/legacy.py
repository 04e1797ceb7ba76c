"""The addresses of NC Connect v2 and v3: thin aliases of the native endpoints.

A partner that integrated v2 or v3 keeps working unchanged. What it may leave out (``state``,
``nonce``, PKCE, ``client_id`` at sign-out) is a matter of its registration and of the native
endpoints, not of these addresses; the issuer is ISSUER for everybody
(docs/decisions/0010-issuer.md).

When to remove a family: once the administration shows no use of it for three months (« Usages
d’anciennes adresses », or ``ncconnect_alias_uses_total``). How: delete its entry of FAMILIES. With
the last one go this file, its line in ncconnect/urls.py, AliasUse in models.py and admin.py, and
tests/spec/legacy_v2_v3.
"""

import contextlib
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView
from jwcrypto.common import base64url_decode

from ncconnect.metrics import Counter
from oidc_provider import discovery
from oidc_provider.authorize import views as authorize
from oidc_provider.claims import id_tokens
from oidc_provider.grants import bearer
from oidc_provider.logout import views as logout
from oidc_provider.models import AliasUse, RelyingParty
from oidc_provider.partners import cors, relying_parties
from oidc_provider.resources import userinfo
from oidc_provider.token import endpoint

WELL_KNOWN = ".well-known/openid-configuration"
LAST_USE_STEP = 3600  # seconds: how exactly the last use is known
USES = Counter(
    "ncconnect_alias_uses",
    "Requests to the addresses of NC Connect v2 and v3.",
    ["family", "endpoint", "partner"],
)


@dataclass(frozen=True)
class Family:
    """The addresses of one former version: ``paths`` by native endpoint, the published one first.

    ``discovery``: where its clients look. An address that the native provider has as well (an
    ISSUER of that very path) is the native one's: ncconnect/urls.py lists those first.
    """

    name: str
    paths: dict[str, tuple[str, ...]]
    discovery: tuple[str, ...]


REALM = "v3/realms/nc-connect"
PROTOCOL = f"{REALM}/protocol/openid-connect"


def _v2(*paths: str) -> tuple[str, ...]:
    """v2's own PHP client joins a base that ends with a slash and paths that begin with one."""
    return (*(f"v2/{path}" for path in paths), *(f"v2//{path}" for path in paths))


FAMILIES = (
    Family(
        "v2",
        paths={
            "authorize": _v2("authorize", "oauth/authorize"),
            "token": _v2("token"),
            "userinfo": _v2("userinfo"),
            "end_session": _v2("logout"),
        },
        discovery=(*_v2(WELL_KNOWN), WELL_KNOWN),
    ),
    Family(
        "v3",
        paths={
            "authorize": (f"{PROTOCOL}/auth",),
            "token": (f"{PROTOCOL}/token",),
            "userinfo": (f"{PROTOCOL}/userinfo",),
            "jwks": (f"{PROTOCOL}/certs",),
            "end_session": (f"{PROTOCOL}/logout",),
        },
        discovery=(f"{REALM}/{WELL_KNOWN}",),
    ),
)


# --- Who uses an address: found after the answer, so that the native views know nothing of this

WhoAsks = Callable[[HttpRequest, HttpResponse], RelyingParty | None]


def _parameter(http: HttpRequest, name: str) -> str:
    return (http.GET if http.method == "GET" else http.POST).get(name, "")


def _named(http: HttpRequest, response: HttpResponse) -> RelyingParty | None:
    return relying_parties.find(_parameter(http, "client_id"))


def _given_tokens(http: HttpRequest, response: HttpResponse) -> RelyingParty | None:
    """The owner of what was given: true whatever way it authenticated."""
    return _owner(json.loads(response.content)["access_token"])


def _holding_token(http: HttpRequest, response: HttpResponse) -> RelyingParty | None:
    header = http.headers.get("Authorization", "").partition(" ")[2].strip()
    return _owner(http.POST.get("access_token") or header)


def _signing_out(http: HttpRequest, response: HttpResponse) -> RelyingParty | None:
    """An answer below 400 means that the hint, if there is one, is ours."""
    return _named(http, response) or relying_parties.find(
        _audience(_parameter(http, "id_token_hint"))
    )


def _nobody(http: HttpRequest, response: HttpResponse) -> None:
    """Keys are everybody's."""


def _owner(access_token: str) -> RelyingParty | None:
    token = bearer.read(bearer.ACCESS, access_token)
    return token and RelyingParty.objects.filter(grants=token.grant_id).first()


@dataclass(frozen=True)
class Endpoint:
    """A native endpoint: its view, its member of the discovery document, who asks it."""

    view: Callable[[HttpRequest], HttpResponse]
    member: str
    who: WhoAsks


ENDPOINTS = {
    "authorize": Endpoint(authorize.authorize, "authorization_endpoint", _named),
    "token": Endpoint(endpoint.token, "token_endpoint", _given_tokens),
    "userinfo": Endpoint(userinfo.userinfo, "userinfo_endpoint", _holding_token),
    "jwks": Endpoint(discovery.jwks, "jwks_uri", _nobody),
    "end_session": Endpoint(logout.end_session, "end_session_endpoint", _signing_out),
}


def _alias(family: Family, name: str) -> Callable[[HttpRequest], HttpResponse]:
    """The native view, whose answered requests are counted."""
    native = ENDPOINTS[name]

    @functools.wraps(native.view)  # its attributes too: the native view is exempt from CSRF
    def alias(http: HttpRequest) -> HttpResponse:
        if name == "end_session":
            _replace_foreign_hint(http)
        response = native.view(http)
        if response.status_code < 400 and http.method != "OPTIONS":
            _count(family.name, name, native.who(http, response))
        return response

    return alias


def _count(family: str, endpoint: str, partner: RelyingParty | None) -> None:
    """Each use in the metrics; the last one in a row, written once an hour at most."""
    USES.labels(family, endpoint, partner.client_id if partner else "").inc()
    if partner is None:
        return
    key = {"relying_party": partner, "family": family, "endpoint": endpoint}
    if cache.add(f"alias_use:{partner.pk}:{family}:{endpoint}", True, LAST_USE_STEP):
        with contextlib.suppress(DatabaseError):  # the partner has its answer, whatever happens
            AliasUse.objects.update_or_create(**key, defaults={"last_used_at": timezone.now()})


# --- Signing out with an id_token of the platform that was here before


def _replace_foreign_hint(http: HttpRequest) -> None:
    """A hint that we did not sign counts as the client_id that it names, and proves nothing.

    So the person is asked, and an address is followed only if that partner registered it. The
    native endpoint refuses such a hint (RP-Initiated Logout, section 2).
    """
    hint = _parameter(http, "id_token_hint")
    if not hint:
        return
    try:
        id_tokens.read_hint(hint)
    except id_tokens.InvalidHint:
        _set_parameters(http, {"id_token_hint": "", "client_id": _audience(hint)})


def _set_parameters(http: HttpRequest, values: dict[str, str]) -> None:
    """Replace parameters; a client_id that was sent stays."""
    data = (http.GET if http.method == "GET" else http.POST).copy()
    for name, value in values.items():
        if name != "client_id" or not data.get(name):
            data[name] = value
    if http.method == "GET":
        http.GET = data
    else:
        http.POST = data


def _audience(token: str) -> str:
    """The partner that an id_token names, unverified; empty when none is registered."""
    try:
        audience = json.loads(base64url_decode(token.split(".")[1]))["aud"]
    except (ValueError, IndexError, KeyError, TypeError, RecursionError):
        return ""
    candidates = audience if isinstance(audience, list) else [audience]
    return next((one for one in candidates[:5] if _is_registered(one)), "")


def _is_registered(client_id: object) -> bool:
    return isinstance(client_id, str) and relying_parties.find(client_id) is not None


# --- Discovery


def _document(family: Family) -> bytes:
    """The native metadata, with this family's own endpoints."""
    own = {
        ENDPOINTS[name].member: f"{settings.ORIGIN}/{paths[0]}"
        for name, paths in family.paths.items()
    }
    return json.dumps(discovery.metadata() | own, separators=(",", ":")).encode()


def _configuration(family: Family) -> Callable[[HttpRequest], HttpResponse]:
    document = functools.cache(lambda: _document(family))  # addresses are known at the first use

    @cors.open_to_everybody
    @require_safe
    def configuration(http: HttpRequest) -> HttpResponse:
        return discovery.public_document(http, document(), discovery.MAX_AGE)

    return configuration


def _patterns(family: Family) -> list[URLPattern]:
    aliases = [
        path(address, _alias(family, name))
        for name, addresses in family.paths.items()
        for address in addresses
    ]
    return [*aliases, *(path(address, _configuration(family)) for address in family.discovery)]


# v2 showed its sign-in page at an address that people may have kept.
_login = RedirectView.as_view(
    pattern_name="accounts:sign_in", http_method_names=["get", "head", "options"]
)
urlpatterns = [
    *(pattern for family in FAMILIES for pattern in _patterns(family)),
    *(path(address, _login) for address in _v2("login")),
]
