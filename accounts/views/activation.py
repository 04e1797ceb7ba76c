"""Following the link of the mail « Confirmation d’inscription »."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic import View

from accounts import about, browser, links, return_to
from accounts.flows import activation as flow
from accounts.flows import sign_up
from accounts.forms import ActivationForm
from accounts.models import OneTimeLink
from accounts.views.pages import (
    FormPage,
    PageOfOne,
    check_mail_address,
    link_problem,
    mended_link,
    to_tokenless_page,
)
from ncconnect import errors
from ncconnect.ratelimit import LIMITS

PROBLEM = "accounts/activation_problem.html"
ELSEWHERE = "ailleurs"  # parameter: the request of the partner was made in another browser


@require_safe
def mend_activation_link(request: HttpRequest, token: str, rest: str) -> HttpResponse:
    """Something stands behind the link: a full stop, a bracket, a word of the next line."""
    if not links.letters_of(token):
        return follow_activation_link(request, token)  # it says that this is no link, and helps
    return mended_link("accounts:activation", token)


@require_safe
def follow_activation_link(request: HttpRequest, token: str) -> HttpResponse:
    """In the browser that signed up, activate at once; elsewhere, ask for the password.

    A HEAD request, and a visitor that keeps no cookie, change nothing.
    """
    if links.letters_of(token) not in ("", token):
        return mended_link("accounts:activation", token)
    try:
        link = flow.find(token)
        if request.method == "GET" and flow.is_own(link, browser.attempts(request)):
            flow.activate(link, language=get_language())
            return _activated(request, link)
    except (flow.AlreadyActivated, links.LinkError) as error:
        response = _problem(request, error, token)
    else:
        response = to_tokenless_page("accounts:activation_elsewhere", token)
    browser.remember_link(response, request, token)
    return response


def _activated(request: HttpRequest, link: OneTimeLink, *, elsewhere: bool = False) -> HttpResponse:
    url = return_to.carry(reverse("accounts:activated"), link.return_to)
    url = f"{url}&{ELSEWHERE}=1" if elsewhere and link.return_to else url
    response = HttpResponseRedirect(about.with_address(url, link.email))
    browser.forget_attempt(response, request, link.attempt)
    browser.forget_link(response, request, links.token(link))
    return response


def _problem(request: HttpRequest, error: Exception, token: str) -> HttpResponse:
    """Each fault has its own words and its own way on."""
    problem = {
        flow.AlreadyActivated: "already",
        links.LinkExpired: "expired",
        links.LinkUsed: "already",
        links.LinkSuperseded: "superseded",
    }.get(type(error), "broken")
    link = getattr(error, "link", None)
    next_path = link.return_to if link else return_to.read(request)
    return link_problem(request, PROBLEM, problem, next_path=next_path, token=token)


class ActivationElsewhere(FormPage):
    """« Pour terminer, saisissez le mot de passe que vous avez choisi à l’inscription. »"""

    template_name = "accounts/activation_elsewhere.html"
    form_class = ActivationForm

    def dispatch(self, request, *args, **kwargs):
        self.token = about.link(request)
        try:
            self.link = flow.find(self.token)
            self.next_path = self.link.return_to
            return super().dispatch(request, *args, **kwargs)
        except (flow.AlreadyActivated, links.LinkUsed) as error:
            password = request.POST.get("password", "")
            if request.method == "POST" and flow.is_repeat(error.link, password):
                return _activated(request, error.link, elsewhere=True)
            return _problem(request, error, self.token)
        except links.LinkError as error:
            return _problem(request, error, self.token)

    def form_valid(self, form):
        try:
            flow.activate_with_password(
                self.link, password=form.cleaned_data["password"], language=get_language()
            )
        except flow.WrongPassword:
            form.add_error("password", _("Ce n’est pas le mot de passe choisi à l’inscription."))
            return self.form_invalid(form)
        except flow.TooManyTries as error:
            return errors.too_many(self.request, error.retry_after)
        return _activated(self.request, self.link, elsewhere=True)

    def get_context_data(self, **context):
        context |= {"token": self.token, "own_attempt": self._own_attempt()}
        return super().get_context_data(email=self.link.email, **context)

    def _own_attempt(self) -> str:
        """Where this browser waits for a mail of its own, when this one answers another sign-up."""
        own = flow.own_attempt(self.link, browser.attempts(self.request))
        if own is None:
            return ""
        return check_mail_address(about.Attempt(own.attempt, own.email), own.return_to)


class ActivationRenewal(View):
    """« Recevoir un nouvel e-mail »: whoever holds the old link may have a new one sent."""

    http_method_names = ["get", "post"]

    def get(self, request):
        """Who tries again or changes the language: back to what became of the link."""
        return HttpResponseRedirect(reverse("accounts:activation_elsewhere"))

    def post(self, request):
        try:
            link = links.find(about.link(request), purpose=OneTimeLink.Purpose.ACTIVATION)
        except links.LinkError as error:
            link = error.link
        if link is None or link.user.is_activated:
            return HttpResponseRedirect(reverse("accounts:sign_up"))
        wait = sign_up.resend(
            email=link.email,
            attempt=link.attempt,
            network=request.client_network,
            return_to=link.return_to,
            language=get_language(),
        )
        # Within the pause, the mail has just left: a button pressed twice leads to the same page.
        if wait > LIMITS["resend_pause"].window:
            return errors.too_many(request, wait)
        sent = return_to.carry(reverse("accounts:mail_sent"), link.return_to)
        response = HttpResponseRedirect(about.with_address(sent, link.email))
        if not wait:
            browser.keep_attempt(response, request, link.attempt)
        return response


class MailSent(PageOfOne):
    template_name = "accounts/mail_sent.html"


class Activated(PageOfOne):
    """« Votre compte NC Connect est maintenant activé. »"""

    template_name = "accounts/activated.html"

    def get_context_data(self, **context):
        return super().get_context_data(elsewhere=ELSEWHERE in self.request.GET, **context)
