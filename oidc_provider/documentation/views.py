"""The pages for partners: read by anybody, the same for everybody, without a statement."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from oidc_provider.documentation import examples, facts
from oidc_provider.documentation.libraries import LIBRARIES

FOLDER = "oidc_provider/documentation"
WRITTEN_IN = ("fr", "en")  # another language of the site reads the French


@dataclass(frozen=True)
class Page:
    """``name`` is its address's name; ``template`` its file in each language's folder."""

    name: str
    template: str
    title: Any
    short: Any


PAGES = (
    Page("documentation", "index", _("Documentation des partenaires"), _("Vue d’ensemble")),
    Page(
        "documentation_start",
        "start",
        _("Démarrage rapide"),
        _("Démarrage rapide"),
    ),
    Page("button", "button", _("Le bouton NC Connect"), _("Le bouton")),
    Page("documentation_examples", "examples", _("Exemples qui fonctionnent"), _("Exemples")),
    Page(
        "documentation_libraries",
        "libraries",
        _("Votre bibliothèque, la ligne à écrire"),
        _("Bibliothèques"),
    ),
    Page(
        "documentation_native",
        "native",
        _("Une application mobile ou de bureau"),
        _("Applications"),
    ),
    Page("documentation_claims", "claims", _("Données, niveaux et durées"), _("Données")),
    Page("documentation_errors", "errors", _("Codes d’erreur"), _("Erreurs")),
    Page(
        "documentation_migration",
        "migration",
        _("Migrer depuis NC Connect v2 ou v3"),
        _("Migration"),
    ),
)
BY_NAME = {page.name: page for page in PAGES}


def _written(http: HttpRequest, name: str, **more: Any) -> HttpResponse:
    """One page, in the language of the person."""
    page, language = BY_NAME[name], get_language()
    written_in = language if language in WRITTEN_IN else settings.LANGUAGE_CODE
    context = {
        "page": page,
        "pages": PAGES,
        "written_in": written_in,
        **facts.everything(),
        **more,
    }
    return render(http, f"{FOLDER}/{written_in}/{page.template}.html", context)


@require_safe
def index(http: HttpRequest) -> HttpResponse:
    return _written(
        http,
        "documentation",
        members=examples.read("", "registration.json"),
        assertions=facts.assertions(),
    )


@require_safe
def start(http: HttpRequest) -> HttpResponse:
    return _written(
        http,
        "documentation_start",
        registration=examples.read("python-flask", "client.json"),
    )


@require_safe
def button(http: HttpRequest) -> HttpResponse:
    return _written(
        http,
        "button",
        style=_button_style(),
        learn_more=f"{settings.ORIGIN}{reverse('learn_more')}",
    )


@functools.cache
def _button_style() -> str:
    """The file that the page itself is drawn with."""
    return Path(finders.find("bouton/ncconnect.css")).read_text(encoding="utf-8")


@require_safe
def example_list(http: HttpRequest) -> HttpResponse:
    return _written(http, "documentation_examples", examples=examples.EXAMPLES)


@require_safe
def example(http: HttpRequest, folder: str) -> HttpResponse:
    """One example: how it starts, and its files."""
    found = examples.BY_FOLDER.get(folder)
    if found is None:
        raise Http404
    return render(
        http,
        f"{FOLDER}/example.html",
        {"page": BY_NAME["documentation_examples"], "pages": PAGES, "example": found}
        | {"issuer": settings.ISSUER, "inside": True},
    )


@require_safe
def library_list(http: HttpRequest) -> HttpResponse:
    return _written(http, "documentation_libraries", libraries=LIBRARIES)


@require_safe
def native(http: HttpRequest) -> HttpResponse:
    """An application of a phone or a computer."""
    return _written(
        http,
        "documentation_native",
        registration=examples.read("application", "client.json"),
        application=examples.read("application", "application.py"),
        requirements=examples.read("application", "requirements.txt"),
    )


@require_safe
def claims(http: HttpRequest) -> HttpResponse:
    return _written(
        http,
        "documentation_claims",
        claims=facts.claim_rows(),
        scopes=facts.scope_rows(),
        levels=facts.levels(),
        userinfo=facts.userinfo_example(),
    )


@require_safe
def errors(http: HttpRequest) -> HttpResponse:
    return _written(http, "documentation_errors")


@require_safe
def migration(http: HttpRequest) -> HttpResponse:
    return _written(http, "documentation_migration", former=facts.former_addresses())
