"""The authorization endpoint and the pages that a request goes through."""

from contextlib import nullcontext
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from accounts import authentication as accounts_authentication
from accounts import return_to
from accounts.authentication import Authentication
from accounts.email_identity import masked
from accounts.models import User
from accounts.views import sign_in_page
from ncconnect import audit
from ncconnect.context import LANGUAGE_PARAMETER
from oidc_provider.authorize import checks, pending, response
from oidc_provider.authorize.checks import Displayed, Redirected
from oidc_provider.authorize.interaction import (
    Standing,
    Step,
    is_of_its_moment,
    must_agree,
    next_step,
)
from oidc_provider.authorize.request import AuthorizationRequest, parse
from oidc_provider.claims import telling
from oidc_provider.claims.subjects import is_known_as
from oidc_provider.grants import consents, lifecycle, visits
from oidc_provider.models import RelyingParty
from oidc_provider.wire.answers import SeeOther
from oidc_provider.wire.errors import displayed_error
from oidc_provider.wire.locales import language_of

PAGES = {
    Step.ASK_CONSENT: "oidc_provider/consent.html",
    Step.CONTINUE: "oidc_provider/continue.html",
}
# For the partner's developer, in English as every reason.
_TOO_OLD = f"older than {settings.AUTHORIZATION_REQUEST_TIME // timedelta(minutes=1)} minutes"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(http: HttpRequest) -> HttpResponse:
    """Core, section 3.1.2.1: GET and POST.

    A POST comes from the partner's site, without our session cookie (SameSite=Lax): the request
    is taken up again by GET, which has it.
    """
    if http.method == "GET":
        return _proceed(http, parse(http.GET))
    return _checked(http, parse(http.POST), lambda request: SeeOther(pending.path(request)))


@require_GET
def resume(http: HttpRequest, value: str) -> HttpResponse:
    """Where the accounts' pages send the person back: everything is checked and decided again."""
    try:
        found = pending.load(value)
    except pending.NotOurs as error:
        return _not_read(http, error)
    if found.expired:
        return displayed_error(http, "expired", _TOO_OLD, found.authorization)
    return _proceed(http, found.authorization)


def _not_read(http: HttpRequest, error: pending.NotOurs) -> HttpResponse:
    """One that waited while the service was upgraded is too old, and nobody's mistake."""
    if error.former:
        return displayed_error(http, "expired", "made before an upgrade of this service")
    return displayed_error(http, "broken_link", "the sealed request cannot be read")


@require_GET
def leave(http: HttpRequest, value: str) -> HttpResponse:
    """« Retourner sur … »: the person does not sign in, and the partner is told (access_denied)."""
    try:
        found = pending.load(value)
    except pending.NotOurs as error:
        return _not_read(http, error)
    why = "the person left without signing in"
    return _checked(http, found.authorization, lambda request: _denied(http, request, why))


@require_http_methods(["GET", "POST"])
def consent(http: HttpRequest, value: str) -> HttpResponse:
    """The answer of a question. It counts for the session that the page was made for only.

    By GET comes who tries again or changes the language: the question is put again.
    """
    try:
        found = pending.load(value)
    except pending.NotOurs as error:
        return _not_read(http, error)
    if found.expired:
        return displayed_error(http, "expired", _TOO_OLD, found.authorization)
    current = accounts_authentication.current(http)
    asked = current and str(current.session_id) == found.session
    if http.method == "GET" or not asked:
        return SeeOther(pending.path(found.authorization))
    if "allow" not in http.POST:
        audit.record("consent_refused", user=current.user, partner=found.authorization.client_id)
        return _checked(http, found.authorization, lambda request: _denied(http, request))
    return _proceed(http, found.authorization, confirmed=True)


def _asked_again(http: HttpRequest) -> HttpResponse:
    """The page is out of date: somebody signed in since. By GET, the question is put anew."""
    return SeeOther(http.path)


consent.when_stale = _asked_again


def _proceed(
    http: HttpRequest, request: AuthorizationRequest, *, confirmed: bool = False
) -> HttpResponse:
    return _checked(http, request, lambda request: _take_step(http, request, confirmed))


def _checked(http: HttpRequest, request: AuthorizationRequest, answer) -> HttpResponse:
    """Run the checks, then ``answer``; what either raises becomes a page, or an answer."""
    try:
        checks.run(request)
        return answer(request)
    except Displayed as error:
        _note(request, error.reason, error.description)
        return displayed_error(http, error.reason, error.description, error.authorization)
    except Redirected as error:
        _note(request, error.error, error.description)
        return response.failure(http, request, error)


def finish(request: AuthorizationRequest, http: HttpRequest) -> HttpResponse | None:
    """The code, in answer to the very form by which its person signed in (accounts.return_to).

    None when there is more to ask or to tell, or the answer is a page: after a form there is
    always a redirect, and the request goes on at its own address, where all is decided again.
    """
    if not response.is_redirect(request):
        return None
    try:
        checks.run(request)
        current = accounts_authentication.current(http)
        if next_step(request, current, _standing(request, current)) is not Step.ISSUE:
            return None
        return response.success(http, request, lifecycle.issue(request.terms, current))
    except (Displayed, Redirected, lifecycle.SessionOver, lifecycle.AgreementOver):
        return None


def _take_step(http: HttpRequest, request: AuthorizationRequest, confirmed: bool) -> HttpResponse:
    current = accounts_authentication.current(http)
    if current is None:
        next_step(request, None, Standing(consented=False))  # raises under prompt=none
        return _to_sign_in(http, request)
    standing = _standing(request, current, confirmed)
    match step := next_step(request, current, standing):
        case Step.SIGN_IN:
            return _to_sign_in(http, request, again=True)
        case Step.ASK_CONSENT | Step.CONTINUE:
            return _question(http, request, current, step)
        case Step.ISSUE:
            return _issue(http, request, current, standing)


def _standing(
    request: AuthorizationRequest, current: Authentication, confirmed: bool = False
) -> Standing:
    partner, items = request.relying_party, request.terms.items
    # Who has just signed in for this request need not be asked whether they have been here.
    returning = current.at < request.received_at
    visit = visits.visit_to(partner, current) if returning and request.is_assured else None
    # RFC 8252, section 8.6: where another may have taken the address, the request is processed
    # as if no previous one had been approved.
    covered = consents.covers(partner, items, current, visit) if request.is_assured else False
    return Standing(
        consented=covered or consents.is_only_informed(partner, items),
        continued=visit is not None,
        confirmed=confirmed,
        hinted=_is_hinted(request, current.user, partner),
    )


def _is_hinted(request: AuthorizationRequest, user: User, partner: RelyingParty) -> bool:
    """Is this the person that id_token_hint names, or a sub that is asked for by its value?

    Core, sections 3.1.2.1 and 3.1.2.2: nobody else gets an answer.
    """
    named = [request.values_asked("sub")] if request.values_asked("sub") else []
    if request.hinted_sub:
        named.append([request.hinted_sub])
    return not named or all(is_known_as(user, partner, subs) for subs in named)


def _to_sign_in(
    http: HttpRequest, request: AuthorizationRequest, *, again: bool = False
) -> HttpResponse:
    """The sign-in form: here where that is as good as at its own address, else there.

    ``again``: somebody is signed in, which is not enough.
    """
    path = pending.path(request)
    language = _language(request.ui_locales)
    may_be_reloaded = request.earlier or not is_of_its_moment(request)
    if may_be_reloaded and not again and not language and sign_in_page.may_be_shown(http):
        return sign_in_page.shown(http, path, pending.towards(request, path))
    if again:
        address = return_to.sign_in_again(path)
    else:
        address = return_to.carry(resolve_url("accounts:sign_in"), path)
    if language:
        address += f"&{LANGUAGE_PARAMETER}={language}"
    return HttpResponseRedirect(address)


def _language(ui_locales: str) -> str:
    """The first language asked for that we have, when the page would not be in it anyway."""
    language = language_of(ui_locales)
    return language if language != get_language() else ""


def _question(
    http: HttpRequest, request: AuthorizationRequest, current: Authentication, step: Step
) -> HttpResponse:
    """« Partager vos informations ? » or « Continuer vers … ? »: one page, one answer."""
    context = {
        "partner": request.relying_party,
        "destination": pending.destination(pending.path(request)),
        "told": telling.told_of(current.user, request.terms.items),
        "account": masked(current.user.email),
        "action": f"{pending.CONSENT_PREFIX}{pending.dump(request, str(current.session_id))}/",
        "other_account": return_to.sign_in_again(pending.path(request)),
    }
    page = render(http, PAGES[step], context)
    page._csp_update = {"form-action": pending.form_action(request).split()}
    return page


def _issue(
    http: HttpRequest, request: AuthorizationRequest, current: Authentication, standing: Standing
) -> HttpResponse:
    agrees = standing.confirmed and must_agree(request, standing)
    try:
        with transaction.atomic() if agrees else nullcontext():
            if agrees:
                consents.give(current.user, request.relying_party, request.terms.items)
            code = lifecycle.issue(request.terms, current)
    except lifecycle.SessionOver:
        next_step(request, None, Standing(consented=False))  # raises under prompt=none
        return _to_sign_in(http, request)
    except lifecycle.AgreementOver:
        return _take_step(http, request, confirmed=False)  # they are asked as the first time
    return response.success(http, request, code)


def _denied(
    http: HttpRequest, request: AuthorizationRequest, why: str = "the person did not accept"
) -> HttpResponse:
    return response.failure(http, request, Redirected("access_denied", why))


def _note(request: AuthorizationRequest, error: str, why: str) -> None:
    """A line in the log, not a row: a stranger can make as many errors as they like."""
    audit.line("authorization_refused", partner=request.client_id[:100], error=error, why=why)
