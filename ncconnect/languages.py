"""The language that a visitor chooses: by a link on most pages, by a button of the form on a page
that answers one, so that what was typed is kept."""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpResponse

PARAMETER = "lang"


def chosen(parameters: Mapping[str, str]) -> str:
    """The language asked for in a query or a form; empty when it is none of ours."""
    asked = parameters.get(PARAMETER, "")
    return asked if asked in dict(settings.LANGUAGES) else ""


def keep(response: HttpResponse, language: str) -> None:
    """Remember the choice in this browser."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
