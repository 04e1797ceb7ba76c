"""Discovery and keys are answered before all that is about a person."""

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

from oidc_provider.wire import paths

DOCUMENTS = frozenset({f"/{paths.WELL_KNOWN}", f"/{paths.BASE}jwks"})


def public_documents(get_response: Callable[[HttpRequest], HttpResponse]):
    """They need neither session, language, form protection nor a search among all addresses."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info not in DOCUMENTS:
            return get_response(request)
        request.get_host()  # raises DisallowedHost, as CommonMiddleware does for all else
        request.resolver_match = _match(request.path_info)
        return request.resolver_match.func(request)

    return middleware


@cache
def _match(path: str) -> ResolverMatch:
    return resolve(path)
