"""The list of partners: « Où puis-je me servir de NC Connect ? »"""

from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from oidc_provider.models import RelyingParty
from oidc_provider.partners.relying_parties import CACHE_TIME, LISTED


@dataclass(frozen=True)
class Listed:
    """What a page shows of a partner. ``logo`` is the path of its picture, or empty."""

    name: str
    client_uri: str
    host: str
    logo: str


@require_safe
def partners(http: HttpRequest) -> HttpResponse:
    """Every open partner that has a site to go to, by name."""
    return render(http, "oidc_provider/partners.html", {"partners": listed()})


def listed() -> list[Listed]:
    """Them, kept for a moment: the first page of the site shows some, and asks no database."""
    found = cache.get(LISTED)
    if found is None:
        rows = RelyingParty.objects.filter(is_active=True).exclude(client_uri="")
        rows = rows.only("name", "client_uri", "logo").order_by("name")
        found = [
            Listed(row.name, row.client_uri, row.host, row.logo_path if row.logo else "")
            for row in rows
        ]
        cache.set(LISTED, found, CACHE_TIME)
    return found
