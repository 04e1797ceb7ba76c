"""Errors shown on a page of ours: plain words for the person, the facts for the partner."""

import logging
from dataclasses import dataclass
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from oidc_provider.models import RelyingParty

logger = logging.getLogger(__name__)


class Asked(Protocol):
    """Of a request that ended on a page: who asked, and where the answer was to go."""

    @property
    def client_id(self) -> str: ...

    @property
    def redirect_uri(self) -> str: ...

    @property
    def relying_party(self) -> RelyingParty | None: ...


@dataclass(frozen=True)
class Words:
    """``%(partner)s`` stands for the partner's name."""

    title: Any
    text: Any


NOT_FROM_THIS_SITE = Words(
    _("Connexion impossible depuis ce site"),
    _(
        "Le site qui vous a envoyé ici n’est pas reconnu par NC Connect. "
        "Par sécurité, nous avons arrêté la connexion. Votre compte n’a pas de problème."
    ),
)
PAGES = {
    "unknown_partner": NOT_FROM_THIS_SITE,
    "unknown_address": NOT_FROM_THIS_SITE,
    "partner_gone": Words(
        _("Ce service n’utilise plus NC Connect"),
        _(
            "Le service où vous alliez vient d’être retiré de NC Connect. "
            "Votre compte n’a pas de problème."
        ),
    ),
    "partner_closed": Words(
        _("Service momentanément fermé"),
        _("%(partner)s n’utilise pas NC Connect en ce moment."),
    ),
    "broken_link": Words(
        _("Ce lien de connexion ne fonctionne pas"),
        _("L’adresse n’est pas complète. Retournez sur le site du service et recommencez."),
    ),
    "expired": Words(
        _("Votre demande a expiré"),
        _(
            "Vous avez attendu trop longtemps. Retournez sur %(partner)s et cliquez à nouveau "
            "sur « S’identifier avec NC Connect »."
        ),
    ),
    "logout": Words(
        _("Déconnexion impossible depuis ce site"),
        _(
            "La demande du site qui vous a envoyé ici n’est pas valable. Vous n’avez pas été "
            "déconnecté de NC Connect. Vous pouvez le faire vous-même."
        ),
    ),
}


def displayed_error(
    http: HttpRequest,
    reason: str,
    description: str,
    request: Asked | None = None,
    status: int = 400,
) -> HttpResponse:
    """The page for one of PAGES. ``description`` names the parameter to correct, for developers."""
    partner = request.relying_party if request else None
    words = PAGES[reason]
    names = {"partner": partner.name if partner else _("le site du service")}
    context = {
        "title": words.title,
        "text": str(words.text) % names,
        "description": description,
        "partner": partner if reason in ("expired", "partner_closed") else None,
        "expired": reason == "expired",
        "stays": reason == "logout",  # signed in, though they asked for the contrary
        "reference": getattr(http, "correlation_id", ""),
        "facts": _facts(request, reason),
    }
    logger.info(
        "request shown as an error",
        extra={"facts": {"reason": reason, "why": description, "partner": _client_id(request)}},
    )
    response = render(http, "oidc_provider/error.html", context, status=status)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _facts(request: Asked | None, reason: str) -> dict[str, list[str]]:
    """What came beside what is registered: so a partner sees its own mistake."""
    if request is None or reason not in ("unknown_partner", "unknown_address"):
        return {}
    facts = {"client_id": [request.client_id]}
    if reason == "unknown_address":
        facts["redirect_uri"] = [request.redirect_uri]
        facts["redirect_uris"] = request.relying_party.redirect_uris.split()
    return facts


def _client_id(request: Asked | None) -> str:
    return request.client_id[:100] if request else ""
