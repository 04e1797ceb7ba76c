"""The end-session endpoint and its pages."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import activate, get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from accounts import authentication
from accounts.authentication import Authentication
from accounts.email_identity import masked
from accounts.flows import sessions
from accounts.models import Session
from ncconnect import audit
from ncconnect.context import LANGUAGE_PARAMETER
from oidc_provider.grants import lifecycle, visits
from oidc_provider.logout.request import EndSessionRequest, InvalidLogout, dump, load, parse
from oidc_provider.models import RelyingParty
from oidc_provider.wire import onward, paths
from oidc_provider.wire.answers import SeeOther
from oidc_provider.wire.errors import displayed_error
from oidc_provider.wire.locales import language_of


@csrf_exempt
@require_http_methods(["GET", "POST"])
def end_session(http: HttpRequest) -> HttpResponse:
    """RP-Initiated Logout, section 2: GET and POST.

    A POST comes from the partner's site, without our session cookie (SameSite=Lax): it is taken
    up again by GET, which has it. So is one that asks for another language than the visitor's.
    """
    if http.method == "POST":
        return _validated(http, parse(http.POST), _in_its_language)
    request = parse(http.GET)
    here = language_of(request.ui_locales) in ("", get_language())
    return _validated(http, request, _ask_or_act if here else _in_its_language)


@require_GET
def resume(http: HttpRequest, value: str) -> HttpResponse:
    try:
        request, _session = load(value)
    except InvalidLogout as error:
        return displayed_error(http, "logout", str(error))
    return _validated(http, request, _ask_or_act)


@require_http_methods(["GET", "POST"])
def confirm(http: HttpRequest, value: str) -> HttpResponse:
    """The answer of the page that asks; it counts for the session that the page was made for.

    By GET comes who tries again or changes the language: they are asked again.
    """
    try:
        request, session = load(value)
    except InvalidLogout as error:
        return displayed_error(http, "logout", str(error))
    if http.method == "GET":
        return _by_get(http, request)
    current = authentication.current(http)
    if current and str(current.session_id) == session and "allow" not in http.POST:
        return SeeOther(reverse("accounts:home"))
    if current and str(current.session_id) != session:
        return _validated(http, request, _ask_or_act)
    return _validated(http, request, _act)


confirm.when_stale = lambda http: SeeOther(http.path)  # by GET, they are asked again


@require_GET
def logged_out(http: HttpRequest) -> HttpResponse:
    """« Vous êtes déconnecté »; the way back to a partner is named by its public client_id only.

    Said to nobody who is still signed in: on a shared computer they would believe it.
    """
    if authentication.current(http):
        return SeeOther(reverse("accounts:sign_out"))
    partner = RelyingParty.objects.filter(
        client_id=http.GET.get("client_id", "").replace("\x00", "")
    ).first()
    return render(http, "oidc_provider/logged_out.html", {"partner": partner})


def _validated(
    http: HttpRequest,
    request: EndSessionRequest,
    then: Callable[[HttpRequest, EndSessionRequest], HttpResponse],
) -> HttpResponse:
    try:
        request.validate()
        return then(http, request)
    except InvalidLogout as error:
        if settings.LANGUAGE_COOKIE_NAME not in http.COOKIES:  # this page's links choose by it
            activate(language_of(request.ui_locales) or get_language())
        return displayed_error(http, "logout", str(error))


def _by_get(http: HttpRequest, request: EndSessionRequest) -> HttpResponse:
    return SeeOther(reverse("oidc:end_session_resume", args=[dump(request)]))


def _in_its_language(http: HttpRequest, request: EndSessionRequest) -> HttpResponse:
    """Once, at the door: what the visitor chooses on our pages stays chosen."""
    answer = _by_get(http, request)
    if language := language_of(request.ui_locales):
        answer["Location"] += f"?{LANGUAGE_PARAMETER}={language}"
    return answer


def _ask_or_act(http: HttpRequest, request: EndSessionRequest) -> HttpResponse:
    """On a shared computer, who leaves a partner leaves all: a question left open there would be
    answered by the next one who sits down."""
    current = authentication.current(http)
    if current and request.must_confirm(current) and not http.session.record.shared:
        _end_what_is_held(request)
        return _ask(http, request, current)
    return _act(http, request)


def _ask(http: HttpRequest, request: EndSessionRequest, current: Authentication) -> HttpResponse:
    word = dump(request, str(current.session_id))
    visited = visits.visited([current.session_id])
    page = render(
        http,
        "oidc_provider/end_session.html",
        {
            "partner": request.relying_party,
            "account": masked(current.user.email),
            "told": [partner.name for partner in visited if partner.backchannel_logout_uri],
            "untold": [partner.name for partner in visited if not partner.backchannel_logout_uri],
            "action": reverse("oidc:end_session_confirm", args=[word]),
        },
    )
    if request.answer_uri and (origin := paths.origin(request.redirect_uri)):
        page._csp_update = {"form-action": [origin]}
    return page


def _act(http: HttpRequest, request: EndSessionRequest) -> HttpResponse:
    """End this session, its tokens and nobody else's, then go where the partner may send."""
    session = _to_end(http, request)
    client_id = request.relying_party.client_id if request.relying_party else ""
    if session:
        audit.record("end_session", user=session.user_id, partner=client_id)
        sessions.end(Session.objects.filter(id=session.id), reason="end_session")
    _end_what_is_held(request)
    if http.session.session_key:
        auth.logout(http)
    if request.answer_uri:
        return onward.to(http, request.answer_uri, request.relying_party)
    address = reverse("oidc:logged_out")
    return SeeOther(f"{address}?client_id={client_id}" if client_id else address)


def _end_what_is_held(request: EndSessionRequest) -> None:
    """A partner may always let go of what it holds itself: its tokens of the hint's own session.

    Wherever that session is now: run out, or in another browser, where it goes on.
    """
    hint, partner = request.hint, request.relying_party
    if partner is None or not hint.get("sid"):
        return
    held = visits.held(partner, hint["sub"], hint["sid"])
    with transaction.atomic():
        person = held.values_list("subject__user", flat=True).first()
        if lifecycle.end_with_sessions(held):
            audit.record("token_revoked", user=person, partner=partner.client_id)


def _to_end(http: HttpRequest, request: EndSessionRequest) -> Session | None:
    """This browser's session, or the one that ran out here while partners' own went on.

    RP-Initiated Logout, section 2: a hint of a recent session is accepted. Nobody was asked, so
    nothing less than a hint of that session ends it.
    """
    if authentication.current(http):
        return http.session.record
    session = authentication.ran_out(http)
    return session if session and request.is_of(session.id) else None
