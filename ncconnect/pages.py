"""The pages that say the same to everybody: no person, no partner, no statement."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

A_DAY = 24 * 3600  # seconds


def _page(template: str, **facts) -> Callable[[HttpRequest], HttpResponse]:
    """The view of one template; ``facts`` are what its text must say as the settings do."""

    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        return render(request, template, facts)

    return view


home = _page("pages/home.html")
help_page = _page("pages/help.html")
terms = _page("pages/terms.html", version=settings.TERMS_VERSION)
legal = _page("pages/legal.html")
privacy = _page(
    "pages/privacy.html",
    session_cookie=settings.SESSION_COOKIE_NAME,
    csrf_cookie=settings.CSRF_COOKIE_NAME,
    # Those of accounts.browser, a floor above: a test compares.
    prefix="__Host-" if settings.HTTPS else "",
    language_cookie=settings.LANGUAGE_COOKIE_NAME,
)
accessibility = _page("pages/accessibility.html")
contact = _page("pages/contact.html")
learn_more = _page("pages/learn_more.html")
easy_read = _page("pages/easy_read.html")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt: search engines may read the pages that explain, and leave the journeys alone."""
    text = Path(finders.find("robots.txt")).read_bytes()
    return HttpResponse(text, content_type="text/plain; charset=ascii")
