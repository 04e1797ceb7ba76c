"""Errors shown on a page of ours: plain words for the person, the facts for the partner."""

import logging
from dataclasses import dataclass
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from oidc_provider.models import RelyingParty

logger = logging.getLogger(__name__)

MAX_LOGGED = 500  # characters of an address that a stranger may have written


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


PAGES = {
    "unknown_partner": Words(
        _("Connexion impossible depuis ce site"),
        _(
            "Le site qui vous a envoyé ici n’est pas reconnu par NC Connect. "
            "Par sécurité, nous avons arrêté la connexion. Votre compte n’a pas de problème."
        ),
    ),
    "unknown_address": Words(
        _("Connexion arrêtée par sécurité"),
        _(
            "%(partner)s utilise NC Connect, mais la demande vous ramènerait à une adresse que "
            "nous ne connaissons pas. Votre compte n’a pas de problème. Recommencez depuis le "
            "site. Si cette page revient, son équipe doit corriger l’adresse."
        ),
    ),
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
            "La demande de connexion a expiré. Retournez sur %(partner)s et cliquez à nouveau "
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
    words, facts = PAGES[reason], _facts(request, reason)
    names = {"partner": partner.name if partner else _("le site du service")}
    context = {
        "title": words.title,
        "text": str(words.text) % names,
        "description": description,
        "remedy": f"page-{reason}",
        "partner": partner,
        "way_back": _way_back(partner, reason),
        "expired": reason == "expired",
        "stays": reason == "logout",  # signed in, though they asked for the contrary
        "reference": getattr(http, "correlation_id", ""),
        "facts": facts,
        "registered": facts.get("registered", "").split() if _may_know(http) else [],
    }
    told = {"reason": reason, "why": description, "partner": _client_id(request)}
    logger.info("request shown as an error", extra={"facts": told | _logged(facts)})
    response = render(http, "oidc_provider/error.html", context, status=status)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _way_back(partner: RelyingParty | None, reason: str) -> str:
    """Out of here. Only who was too late starts again: any other would come back to this page."""
    if partner is None or reason not in ("expired", "partner_closed", "unknown_address"):
        return ""
    return partner.start_url if reason == "expired" else partner.client_uri


def _facts(request: Asked | None, reason: str) -> dict[str, str]:
    """What came beside what is registered: so a partner's mistake is seen."""
    if request is None or reason not in ("unknown_partner", "unknown_address"):
        return {}
    facts = {"client_id": request.client_id}
    if reason == "unknown_address":
        facts["redirect_uri"] = request.redirect_uri
        facts["registered"] = request.relying_party.redirect_uris
    return facts


def _may_know(http: HttpRequest) -> bool:
    """Who may read a registration sees it here too. A client_id is in every partner's page:
    whoever knows one must not learn its other sites, those for tests among them."""
    return http.user.is_staff and http.user.has_perm("oidc_provider.view_relyingparty")


def _logged(facts: dict[str, str]) -> dict[str, str]:
    """For the support, which finds them by the reference. No query: it may say whom it is about."""
    if "redirect_uri" not in facts:
        return {}
    received, query, _rest = facts["redirect_uri"][:MAX_LOGGED].partition("?")
    return {"redirect_uri": received + (query and "?..."), "registered": facts["registered"]}


def _client_id(request: Asked | None) -> str:
    return request.client_id[:100] if request else ""
