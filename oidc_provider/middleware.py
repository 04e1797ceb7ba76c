"""Programs are answered before all that is about a person."""

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

from oidc_provider.wire import paths

FOR_PROGRAMS = frozenset(
    {
        *(f"/{address}" for address in (paths.WELL_KNOWN, *paths.SERVER_METADATA)),
        *(f"/{paths.BASE}{name}" for name in ("jwks", "token", "userinfo", "introspect", "revoke")),
    }
)


def for_programs(get_response: Callable[[HttpRequest], HttpResponse]):
    """They need neither session, language, form protection nor a search among all addresses.

    Measured: 0.3 ms of the 1.2 that a userinfo costs, of the 1.0 of an introspection.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info not in FOR_PROGRAMS:
            return get_response(request)
        request.get_host()  # raises DisallowedHost, as CommonMiddleware does for all else
        request.resolver_match = _match(request.path_info)
        return request.resolver_match.func(request)

    return middleware


@cache
def _match(path: str) -> ResolverMatch:
    return resolve(path)
