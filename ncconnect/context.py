"""What every page knows. Nothing here asks the database before a template needs it."""

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.utils.encoding import iri_to_uri
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from ncconnect import languages

LANGUAGE_PARAMETER = languages.PARAMETER


def site(request: HttpRequest) -> dict:
    """The context processor: the site's facts, and whether somebody is signed in.

    ``signed_in`` is lazy: without a session cookie it costs no statement, and a page that does
    not show it costs none at all.
    """
    return facts(request) | {"signed_in": SimpleLazyObject(lambda: _signed_in(request))}


def facts(request: HttpRequest) -> dict:
    """The part of ``site`` that asks neither session nor database: all that error pages have."""
    return {
        "SUPPORT_EMAIL": settings.SUPPORT_EMAIL,
        "DEMO_MODE": settings.DEMO_MODE,
        "ISSUER": settings.ISSUER,
        "ORIGIN": settings.ORIGIN,
        "path": request.path,
        "alternate_languages": alternate_languages(f"?{_rest_of_query(request)}"),
    }


def alternate_languages(address: str) -> list[dict]:
    """Each language of the site, and where a page is read in it: ``address``, that ends in its
    query, and the parameter.

    A relative one (``?``) stays on the page that it stands on, however the site is mounted.
    """
    current = get_language()
    return [
        {
            "code": code,
            "short": code.upper(),
            "name": name,
            "current": code == current,
            "url": f"{address}{LANGUAGE_PARAMETER}={code}",
        }
        for code, name in settings.LANGUAGES
    ]


def _rest_of_query(request: HttpRequest) -> str:
    """The query of this page, but for the language: it is kept."""
    try:
        query = request.GET
    except SuspiciousOperation:  # too many parameters; the page that says so is being made
        return ""
    rest = iri_to_uri(request.META.get("QUERY_STRING", ""))
    if LANGUAGE_PARAMETER in query:
        query = query.copy()
        del query[LANGUAGE_PARAMETER]
        rest = query.urlencode()
    return f"{rest}&" if rest else ""


def _signed_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user and user.is_authenticated)
