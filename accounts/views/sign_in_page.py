"""The sign-in form, shown at once by a page of another floor that needs the person signed in.

A redirect less than the page at /connexion/, which is the same page. What it leads to (its form,
the other language, the other pages) knows the way on, and stands at our own addresses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import reverse

from accounts import return_to
from accounts.forms import SignInForm
from accounts.return_to import Destination
from accounts.views.pages import allow_form_to_end_at
from ncconnect.context import alternate_languages
from ncconnect.prepared import Prepared


@dataclass(frozen=True)
class Look:
    """All that is the same for everybody who comes from one partner, in one language.

    ``receives``: the words of what the partner is sent, untranslated: always the same objects, so
    that to compare them costs nothing. ``is_named``: an address is filled in.
    """

    partner_name: str
    partner_logo: str
    is_application: bool
    receives: tuple[Any, ...] = field(hash=False)
    is_named: bool
    is_demonstration: bool

    @classmethod
    def of(cls, destination: Destination) -> "Look":
        return cls(
            partner_name=destination.partner_name,
            partner_logo=destination.partner_logo,
            is_application=destination.is_application,
            receives=tuple(chain.from_iterable(destination.receives.values())),
            is_named=bool(destination.login_hint),
            is_demonstration=settings.DEMO_MODE,
        )


def may_be_shown(request: HttpRequest) -> bool:
    """Whoever has to be told something reads it at the page's own address."""
    return request.method == "GET" and CookieStorage.cookie_name not in request.COOKIES


def shown(request: HttpRequest, next_path: str, destination: Destination) -> HttpResponse:
    """The page for a stranger who goes to ``next_path``, at whatever address this answers."""
    page = PAGE.filled(Look.of(destination), **values(get_token(request), next_path, destination))
    response = HttpResponse(page)
    # The address may be a partner's request, with all that it says: no other page is told it.
    response["Referrer-Policy"] = "strict-origin"
    return allow_form_to_end_at(response, destination.form_action)


def values(token: str, next_path: str, destination: Destination) -> dict[str, str]:
    """What is one visitor's own. ``carried``: the query by which our pages hand the path on."""
    return {
        "csrf_token": token,
        "next": next_path,
        "carried": return_to.carry("", next_path),
        "leave_url": destination.leave_url,
        "username": destination.login_hint,
    }


def context(look: Look, own: Mapping[str, str]) -> dict[str, Any]:
    """What the template is given: the page of a stranger."""
    action = f"{reverse('accounts:sign_in')}{own['carried']}"
    return {
        "DEMO_MODE": look.is_demonstration,
        "csrf_token": own["csrf_token"],
        "alternate_languages": alternate_languages(f"{action}&"),
        "form": SignInForm(initial={"username": own["username"] if look.is_named else ""}),
        "next": own["next"],
        "carried": own["carried"],
        "action": action,
        "destination": Destination(
            url=own["next"],
            partner_name=look.partner_name,
            partner_logo=look.partner_logo,
            is_application=look.is_application,
            leave_url=own["leave_url"],
            receives={"": look.receives} if look.receives else {},
        ),
    }


PAGE = Prepared(
    "accounts/sign_in.html",
    context,
    holes=("csrf_token", "next", "carried", "leave_url", "username"),
)
