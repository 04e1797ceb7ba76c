"""The list of partners: « Où puis-je me servir de NC Connect ? »"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from oidc_provider.models import RelyingParty


@require_safe
def partners(http: HttpRequest) -> HttpResponse:
    """Every open partner that has a site to go to, by name."""
    listed = RelyingParty.objects.filter(is_active=True).exclude(client_uri="")
    listed = listed.only("name", "client_uri", "logo").order_by("name")
    return render(http, "oidc_provider/partners.html", {"partners": listed})
