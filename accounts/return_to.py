"""Where a person goes next: the only reader and writer of it.

A page that the person will leave for somewhere else carries ``next``, a path of this site. What
the path means (which partner waits behind it, how to go back there) is known by the floor that
made it: that floor registers a resolver for its own prefix.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from ncconnect.own_paths import is_own

FIELD = "next"
# Parameter of the sign-in page: somebody is signed in here, and is to sign in all the same.
AGAIN = "encore"
# Of one address line, every proxy takes 8 190 characters; the name of the page stands there too.
MAX_LENGTH = 7_000


Finish = Callable[[HttpRequest], HttpResponse | None]


def go_there(request: HttpRequest) -> None:
    """Nothing is finished here: what lies there is a page."""


@dataclass(frozen=True)
class Destination:
    """Where the person goes next, and how to name it on a page.

    ``is_application``: the partner is not a site, but an application of the person's own device.
    ``url``: the address to send the browser to. ``start_url``: the partner's registered start
    address, of use in any browser, while a partner takes the answer to a request only in the
    browser that it made the request in. ``expired``: the request is too old, and ``url`` is that
    start address. ``leave_url``: the way back to the partner without signing in.
    ``receives``: title → words, what the partner is sent without a page of its own that says so.
    ``form_action``: the origin that a form's redirects may end at (Chromium applies the CSP's
    form-action to them). ``login_hint``: the address to fill in. ``finish``: what ``url`` would
    answer to whoever has just signed in, when that is a redirect and asks nothing more of them;
    None when they are to go there.
    """

    url: str
    partner_name: str = ""
    partner_logo: str = ""
    partner_url: str = ""
    is_application: bool = False
    leave_url: str = ""
    start_url: str = ""
    form_action: str = ""
    login_hint: str = ""
    expired: bool = False
    receives: Mapping[Any, Sequence[Any]] = field(default_factory=dict)
    finish: Finish = field(default=go_there, compare=False)


Resolver = Callable[[str], Destination]
_resolvers: dict[str, Resolver] = {}


def register(prefix: str, resolver: Resolver) -> None:
    """From now on ``resolver`` explains the paths that start with ``prefix``."""
    _resolvers[prefix] = resolver


def read(request: HttpRequest) -> str:
    """The path that the request carries, in its query or form; empty when absent or foreign."""
    return own_path(request.POST.get(FIELD) or request.GET.get(FIELD) or "")


def own_path(path: str) -> str:
    """``path`` if it is a path of this site and of sane length, else empty (no open redirect)."""
    return path if len(path) <= MAX_LENGTH and is_own(path) else ""


def destination(path: str) -> Destination:
    """What is known of ``path``; the person's own space when it is empty."""
    for prefix, resolver in _resolvers.items():
        if path.startswith(prefix):
            return resolver(path)
    return Destination(url=path or resolve_url(settings.LOGIN_REDIRECT_URL))


def sign_in_again(path: str) -> str:
    """The sign-in page for whoever must prove anew who they are, or wants to be another.

    Without this, a person who is signed in goes on to ``path`` at once.
    """
    address = carry(resolve_url(settings.LOGIN_URL), path)
    return f"{address}&{AGAIN}=1" if path else f"{address}?{AGAIN}=1"


def is_asked_again(request: HttpRequest) -> bool:
    return AGAIN in request.GET


def carry(url: str, path: str) -> str:
    """``url`` with the path to go on to, so that the next page knows it too."""
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}{urlencode({FIELD: path})}" if path else url
