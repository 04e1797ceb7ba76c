"""What every request goes through, in the order of settings.MIDDLEWARE."""

import inspect
import ipaddress
import logging
import sys
import time
from collections.abc import Callable
from functools import cache, lru_cache

from django.conf import settings
from django.core.signals import got_request_exception
from django.db.utils import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import translation
from django.utils.cache import patch_vary_headers

from ncconnect import errors, health, languages, metrics, trace
from ncconnect.logging import Redacted, redact

GetResponse = Callable[[HttpRequest], HttpResponse]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

logger = logging.getLogger("ncconnect.request")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FORWARDED_HEADERS = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_SERVER",
    "HTTP_X_REAL_IP",
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SLASHES = ("/", "\\")
SERVER = "NC Connect"  # the web server would write its own name, for whoever collects its faults
OUTAGE_RETRY_AFTER = 30  # seconds


def correlation(get_response: GetResponse):
    """Gives the request its reference, counts it and logs it: the route, never the path."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        request.correlation_id = trace.new_reference()
        trace.begin(request.correlation_id)
        translation.activate(settings.LANGUAGE_CODE)  # not the one of this thread's last visitor
        response = get_response(request)
        response["X-Reference"] = request.correlation_id
        response["Server"] = SERVER
        if request.path_info not in OPERATIONS:
            _observe(request, response.status_code, time.monotonic() - started)
        return response

    return middleware


def _observe(request: HttpRequest, status: int, seconds: float) -> None:
    route = _route(request.resolver_match.route) if request.resolver_match else "-"
    method = request.method if request.method in METHODS else "OTHER"
    metrics.http_request(method, route, status, seconds)
    logger.info(
        "request",
        extra={
            "facts": {
                "method": method,
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000),
                "network": trace.network(),
            }
        },
    )


@cache
def _route(pattern: str) -> Redacted:
    """There are as many as in the table of addresses."""
    return Redacted(redact(pattern))


def client_address(get_response: GetResponse):
    """Sets ``request.client_ip`` and ``request.client_network`` (what limits are counted by).

    Forwarded headers are believed from TRUSTED_PROXIES only and dropped when a stranger sends them.
    ``request.forwarded`` tells whether any was sent, believed or not.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        peer = _address(request.META.get("REMOTE_ADDR", ""))
        request.forwarded = any(name in request.META for name in FORWARDED_HEADERS)
        if not _trusted(peer):
            for name in FORWARDED_HEADERS:
                request.META.pop(name, None)
        client = _client(peer, request.META.get("HTTP_X_FORWARDED_FOR", ""))
        request.client_ip = str(client or "")
        request.client_network = _network(client)
        trace.came_from(request.client_network)
        return get_response(request)

    return middleware


def _client(peer: Address | None, forwarded_for: str) -> Address | None:
    """The rightmost hop that is not a proxy of ours: what stands left of it, anyone can write."""
    client = peer
    for hop in reversed(forwarded_for.split(",")):
        if not _trusted(client):
            break
        address = _address(hop)
        if address is None:
            break
        client = address
    return client


# The proxy's own comes with each request, a page's with each of its parts: 8 µs each, 4 % of what
# discovery costs.
@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _trusted(address: Address | None) -> bool:
    return address is not None and any(address in network for network in settings.TRUSTED_PROXIES)


def _network(address: Address | None) -> str:
    """An IPv4 address as it is; of an IPv6 one the /64, since one household holds 2^64 of them."""
    if address is None:
        return ""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def operations(get_response: GetResponse):
    """Answers probes and scrapes before hosts are checked and http is redirected.

    They come by address over the inner network, and need neither session nor language.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        view = OPERATIONS.get(request.path_info)
        return view(request) if view else get_response(request)

    return middleware


OPERATIONS = {
    "/sante/vivant": health.alive,
    "/sante/pret": health.ready,
    "/metrics": metrics.scrape,
}


def own_addresses(get_response: GetResponse):
    """Refuses what is no address of ours before anything answers it.

    A foreign host gets 400, and no cookie. A path that begins with two slashes (or a backslash,
    which browsers read as one) is another site's address as soon as an answer repeats it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.get_host()  # raises DisallowedHost
        if request.path_info[1:2] in SLASHES:
            return errors.handler404(request)
        return get_response(request)

    return middleware


class Methods:
    """A method that a page does not have is told so (405) before a token is asked for (403).

    Without a cookie and a token, Django's CSRF protection answers any method but the safe ones.
    """

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        if request.method in SAFE_METHODS or getattr(view, "csrf_exempt", False):
            return None
        if not getattr(view, "exists", lambda: True)():
            return errors.handler404(request)
        allowed = _allowed(view)
        return None if request.method in allowed else HttpResponseNotAllowed(allowed)


@cache
def _allowed(view: Callable) -> tuple[str, ...]:
    """The methods of a view: those of its class, or of its decorator; else those of a page."""
    if view_class := getattr(view, "view_class", None):
        return tuple(view_class(**view.view_initkwargs)._allowed_methods())
    while view is not None:
        if names := inspect.getclosurevars(view).nonlocals.get("request_method_list"):
            return tuple(names)
        view = getattr(view, "__wrapped__", None)
    return ("GET", "HEAD", "POST", "OPTIONS")


def database_outage(get_response: GetResponse):
    """A database that cannot be reached, or makes people wait too long, is a 503, not a 500."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 500 and getattr(request, "database_failed", False):
            return errors.unavailable(request, OUTAGE_RETRY_AFTER)
        return response

    return middleware


def _note_database_failure(sender, request=None, exception=None, **kwargs) -> None:
    """Django turns an exception into a 500 at the layer that raised it; this says what it was."""
    # The signal carries no exception: it is sent while one is being handled.
    if request is not None and isinstance(sys.exception(), OperationalError | InterfaceError):
        request.database_failed = True


got_request_exception.connect(_note_database_failure, dispatch_uid="ncconnect.database_outage")

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)


# Of an answer to a POST: the browser keeps it for its own Back and Forward, and for nothing else.
FOR_BACK = "private, no-cache"


def page_headers(get_response: GetResponse):
    """No page is kept by a cache unless its view says so; no page may use what it does not need."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        elif response["Cache-Control"] == FOR_BACK:
            # Whoever asks for it anew gets it anew, whatever it varies by; with the language that
            # the next page chose, or the cookie that it brought, Back would not find it any more.
            response.headers.pop("Vary", None)
        if is_page(response):
            response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    return middleware


def is_page(response: HttpResponse) -> bool:
    return response.get("Content-Type", "").startswith("text/html")


class LanguageMiddleware:
    """The visitor's language: the cookie, then Accept-Language, then French.

    ``?lang=en`` on any page keeps the choice in the cookie and leads to the same address again.
    """

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD") and languages.chosen(request.GET):
            return self._keep_choice(request)
        language = translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        if is_page(response):
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
            response.headers.setdefault("Content-Language", translation.get_language())
        return response

    def _keep_choice(self, request: HttpRequest) -> HttpResponse:
        language = languages.chosen(request.GET)
        query = request.GET.copy()
        del query[languages.PARAMETER]
        # Never another site's: own_addresses has refused such paths.
        request.META["QUERY_STRING"] = query.urlencode()
        response = HttpResponseRedirect(request.get_full_path())
        languages.keep(response, language)
        return response
