"""The sign-in form, shown at once by a page of another floor that needs the person signed in.

A redirect less than the page at /connexion/, which is the same page. What it leads to (its form,
the other language, the other pages) knows the way on, and stands at our own addresses.
"""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import return_to
from accounts.forms import SignInForm
from accounts.views.doors import allow_form_to_end_at
from ncconnect.context import alternate_languages

TEMPLATE = "accounts/sign_in.html"


def may_be_shown(request: HttpRequest) -> bool:
    """Whoever has to be told something reads it at the page's own address."""
    return request.method == "GET" and CookieStorage.cookie_name not in request.COOKIES


def shown(request: HttpRequest, next_path: str, destination: return_to.Destination) -> HttpResponse:
    """The page for a stranger who goes to ``next_path``, at whatever address this answers."""
    page = render_to_string(TEMPLATE, _context(request, next_path, destination))
    response = HttpResponse(page)
    # The address may be a partner's request, with all that it says: no other page is told it.
    response["Referrer-Policy"] = "strict-origin"
    return allow_form_to_end_at(response, destination.form_action)


def _context(
    request: HttpRequest, next_path: str, destination: return_to.Destination
) -> dict[str, object]:
    action = return_to.carry(reverse("accounts:sign_in"), next_path)
    return {
        "DEMO_MODE": settings.DEMO_MODE,
        "csrf_token": get_token(request),
        "alternate_languages": alternate_languages(f"{action}&"),
        "form": SignInForm(initial={"username": destination.login_hint}),
        "next": next_path,
        "carried": return_to.carry("", next_path),
        "action": action,
        "destination": destination,
    }
