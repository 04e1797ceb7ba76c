"""Which pages may read our answers from a browser (Fetch standard, section 3.2, CORS).

Discovery and keys are everybody's. The token, userinfo and revocation endpoints are for the pages
of public clients, at the origins of their registered redirect URIs: no page of anybody else has a
reason to hold a token. Cookies are never allowed along.
"""

import functools
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from oidc_provider.models import RelyingParty
from oidc_provider.partners import relying_parties

PREFLIGHT_TIME = 600  # seconds that a browser may go without asking again
DEFAULT_PORTS = {"https": 443, "http": 80}
ALL_ORIGINS = "public_client_origins"
# Beside those of the protocol, what libraries for pages add by themselves.
HEADERS = "Authorization, Content-Type, X-Requested-With"
ANY_HEADER = "*, Authorization"  # the star stands for all others

View = Callable[[HttpRequest], HttpResponse]


def open_to_public_clients(*methods: str) -> Callable[[View], View]:
    """The decorator of an endpoint that pages of public clients may call by these methods."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def answered(http: HttpRequest) -> HttpResponse:
            response = _preflight(methods, HEADERS) if _is_preflight(http) else view(http)
            patch_vary_headers(response, ["Origin"])
            origin = http.META.get("HTTP_ORIGIN")
            if origin and origin in _allowed(http):
                response["Access-Control-Allow-Origin"] = origin
                response["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After"
            return response

        return answered

    return decorate


def open_to_everybody(view: View) -> View:
    """The decorator of what any page may read."""

    @functools.wraps(view)
    def answered(http: HttpRequest) -> HttpResponse:
        asked = _is_preflight(http)
        response = _preflight(("GET", "HEAD"), ANY_HEADER) if asked else view(http)
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return answered


def answers_to(http: HttpRequest, client_id: str) -> None:
    """The answer is for this client: no page of another one reads it."""
    http.cors_client_id = client_id


def _is_preflight(http: HttpRequest) -> bool:
    asked = "HTTP_ORIGIN" in http.META and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in http.META
    return asked and http.method == "OPTIONS"


def _preflight(methods: Iterable[str], headers: str) -> HttpResponse:
    """What a page may send. Whether it may at all is said by Access-Control-Allow-Origin."""
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Methods"] = ", ".join(methods)
    response["Access-Control-Allow-Headers"] = headers
    response["Access-Control-Max-Age"] = str(PREFLIGHT_TIME)
    return response


def _allowed(http: HttpRequest) -> frozenset[str]:
    """The origins of the client that is answered; of all, while it is not known which one is."""
    client_id = getattr(http, "cors_client_id", None)
    if client_id is None:
        return _all_origins()
    partner = relying_parties.find(client_id)
    if partner is None or not partner.is_active or not _has_pages(partner):
        return frozenset()
    return _origins([partner.redirect_uris])


def _has_pages(partner: RelyingParty) -> bool:
    """A native application calls by itself; at its port any page of the device may listen."""
    return partner.is_public and not partner.is_native


def _all_origins() -> frozenset[str]:
    """Of every open public client; a change is seen after relying_parties.CACHE_TIME."""
    found = cache.get(ALL_ORIGINS)
    if found is None:
        partners = RelyingParty.objects.filter(
            token_endpoint_auth_method=RelyingParty.AuthMethod.NONE,
            application_type=RelyingParty.ApplicationType.WEB,
            is_active=True,
        )
        found = _origins(partners.values_list("redirect_uris", flat=True))
        cache.set(ALL_ORIGINS, found, relying_parties.CACHE_TIME)
    return found


def _origins(redirect_uris: Iterable[str]) -> frozenset[str]:
    return frozenset(_origin(uri) for uris in redirect_uris for uri in uris.split())


def _origin(uri: str) -> str:
    """As browsers write it (RFC 6454, section 6.2): lower case, no port where it is the usual one.

    They write ``null`` for what has none: nothing here is equal to it.
    """
    parts = urlsplit(uri)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    usual = parts.port in (None, DEFAULT_PORTS.get(parts.scheme))
    return f"{parts.scheme}://{host}" + ("" if usual else f":{parts.port}")
