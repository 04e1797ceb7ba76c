"""Error pages: what happened in plain words, one way on, and a reference for the help desk.

They need no session and no database: they are shown when those are what fails.
"""

import math
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ncconnect import context, durations
from ncconnect.own_paths import is_own

LAST_RESORT = settings.BASE_DIR / "static" / "503.html"


@dataclass(frozen=True)
class Action:
    """The one way on that a page offers."""

    url: str
    label: str


def render_error(
    request: HttpRequest,
    status: int,
    title: str,
    *,
    text: str = "",
    action: Action | None = None,
    scene: str = "kagu",
    retry_after: int | None = None,
) -> HttpResponse:
    """An error page with the site's header and footer.

    ``text`` is plain words; without ``action`` the page leads home. ``scene`` is a name
    of templates/scenes. ``retry_after`` is in seconds and becomes the header of the same name.
    """
    page = render_to_string(
        "errors/error.html",
        context.facts(request)
        | {
            # A guess that asks nobody: the link is right for whoever has a session, and leads
            # the others to the sign-in page.
            "signed_in": settings.SESSION_COOKIE_NAME in request.COOKIES,
            "title": title,
            "text": text,
            "action": action or Action(reverse("home"), _("Aller à l’accueil")),
            "scene": f"scenes/{scene}.svg",
            "reference": getattr(request, "correlation_id", ""),
        },
    )
    response = HttpResponse(page, status=status)
    response.headers["Content-Language"] = get_language()
    if retry_after is not None:
        response.headers["Retry-After"] = str(max(1, retry_after))
    return response


def handler400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, SessionInterrupted):
        return _interrupted(request)
    return render_error(
        request,
        400,
        _("Cette demande n’est pas complète"),
        text=_(
            "Votre navigateur a envoyé une demande que nous ne pouvons pas lire. "
            "Revenez à la page précédente et recommencez."
        ),
    )


def _interrupted(request: HttpRequest) -> HttpResponse:
    """Another tab, another device or its end closed the session while this request was answered.

    Nothing is wrong with what the browser sent; by GET, the page asks who is there.
    """
    return render_error(
        request,
        409,
        _("Votre connexion a pris fin entre-temps"),
        text=_(
            "Elle a été fermée dans un autre onglet ou sur un autre appareil, ou sa durée est "
            "écoulée. Connectez-vous de nouveau pour continuer."
        ),
        action=_try_again(request, _("Continuer")),
        scene="outrigger",
    )


def handler403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render_error(
        request,
        403,
        _("Vous n’avez pas accès à cette page"),
        text=_("Votre compte n’est pas en cause. Cette page est réservée aux agents habilités."),
        scene="banyan",
    )


def handler404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render_error(
        request,
        404,
        _("Cette page n’existe pas"),
        text=_("L’adresse est peut-être mal copiée, ou la page a changé de place."),
    )


def handler500(request: HttpRequest) -> HttpResponse:
    """Shown after an exception that nobody expected: it must not raise another one."""
    try:
        return render_error(
            request,
            500,
            _("Une erreur est survenue"),
            text=_(
                "Le problème vient de NC Connect, pas de vous. Vos données sont en sécurité. "
                "Réessayez dans quelques minutes."
            ),
            action=_try_again(request),
        )
    except Exception:  # noqa: BLE001  (templates or addresses are what is broken)
        return HttpResponse(last_resort(), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a browser that refuses our cookie, or a page that is too old.

    Signing in changes the cookie, so a form that was shown before is refused after: that of another
    tab, or the same one, sent twice on a slow line. Nothing of it is done; a view that knows where
    its person is by then says so (``when_stale``), and they are led there by GET.
    """
    if onward := _after_all(request):
        return onward
    if settings.CSRF_COOKIE_NAME in request.COOKIES:
        return render_error(
            request,
            403,
            _("Cette page n’est plus à jour"),
            text=_("Vous vous êtes connecté ou déconnecté depuis qu’elle est ouverte."),
            action=_try_again(request),
        )
    return render_error(
        request,
        403,
        _("Votre navigateur bloque les cookies nécessaires"),
        text=_(
            "NC Connect a besoin d’un cookie pour vous connecter. "
            "Il n’est pas utilisé pour la publicité."
        ),
        action=_try_again(request),
    )


def _after_all(request: HttpRequest) -> HttpResponse | None:
    """Where the view leads whose form is out of date; None when it cannot tell."""
    when_stale = _of_view(request, "when_stale")
    return when_stale(request) if when_stale else None


def _of_view(request: HttpRequest, name: str):
    """What the view of this page has to say to an error page; None when it has nothing."""
    view = request.resolver_match.func if request.resolver_match else None
    return getattr(getattr(view, "view_class", view), name, None)


def too_many(
    request: HttpRequest, retry_after: int, *, action: Action | None = None, advice: str = ""
) -> HttpResponse:
    """429: a limit is reached. ``retry_after`` is in seconds; the page tells it in words.

    ``advice``: what else there is to do meanwhile.
    """
    return render_error(
        request,
        429,
        _("Trop d’essais"),
        text=" ".join(
            (
                _("Pour protéger les comptes, attendez %(delay)s avant de réessayer.")
                % {"delay": delay(retry_after)},
                advice,
            )
        ).strip(),
        action=action or Action(reverse("help"), _("Voir l’aide")),
        scene="banyan",
        retry_after=retry_after,
    )


def unavailable(request: HttpRequest, retry_after: int) -> HttpResponse:
    """503: NC Connect cannot answer now. ``retry_after`` is in seconds."""
    return render_error(
        request,
        503,
        _("NC Connect ne répond pas pour le moment"),
        text=_("Réessayez dans quelques minutes. Vos données sont en sécurité."),
        action=_try_again(request),
        scene="banyan",
        retry_after=retry_after,
    )


def delay(seconds: int) -> str:
    """A delay in words, rounded up: « 1 minute », « 15 minutes », « 3 heures »."""
    minutes = max(1, math.ceil(seconds / 60))
    return durations.minutes(minutes) if minutes < 120 else durations.hours(math.ceil(minutes / 60))


def _try_again(request: HttpRequest, label: str = "") -> Action:
    """The same page again, by GET. A path such as //elsewhere would leave the site.

    However long it is: it may carry the request of a partner, in the form as in the address.
    """
    address = request.get_full_path()
    with suppress(SuspiciousOperation, BadRequest, OSError):  # a form that cannot be read
        if by_get := _of_view(request, "by_get"):
            address = by_get(request)
    return Action(address if is_own(address) else reverse("home"), label or _("Réessayer"))


@cache
def last_resort() -> str:
    """The page that the proxy shows when nothing else answers."""
    return LAST_RESORT.read_text(encoding="utf-8")
