"""What every page knows. Nothing here asks the database before a template needs it."""

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.utils.encoding import iri_to_uri
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

LANGUAGE_PARAMETER = "lang"


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
        "alternate_languages": alternate_languages(request),
    }


def alternate_languages(request: HttpRequest) -> list[dict]:
    """Each language of the site, and the address of this page in it; the query is kept.

    The address is relative (``?lang=en``): it stays on this page, however the site is mounted.
    """
    current, rest = get_language(), _rest_of_query(request)
    return [
        {
            "code": code,
            "short": code.upper(),
            "name": name,
            "current": code == current,
            "url": f"?{rest}{LANGUAGE_PARAMETER}={code}",
        }
        for code, name in settings.LANGUAGES
    ]


def _rest_of_query(request: HttpRequest) -> str:
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
