"""Sending the browser on to an address of a partner."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from oidc_provider.models import RelyingParty
from oidc_provider.wire import paths
from oidc_provider.wire.answers import SeeOther


def is_redirect(uri: str) -> bool:
    """May a page's form end there? Not where no Content-Security-Policy can name the address."""
    return bool(paths.origin(uri))


def to(http: HttpRequest, uri: str, partner: RelyingParty) -> HttpResponse:
    """A redirect, or a page that leads there by itself and by its link.

    Chromium refuses a form's redirect to what form-action does not name, and the grammar of CSP
    has no IPv6 address: the alternative, ``http:``, would name every site.
    """
    if is_redirect(uri):
        return SeeOther(uri)
    return render(http, "oidc_provider/onward.html", {"address": uri, "partner": partner})
