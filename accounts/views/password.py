"""A forgotten password: asking for the link, following it, choosing a new one."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import about, browser, links
from accounts.captcha.visitor import visitor
from accounts.flows import password_reset as flow
from accounts.flows import reset_request
from accounts.forms import PasswordForgottenForm, PasswordResetForm
from accounts.views.pages import FormPage, PageOfOne, link_problem, mended_link, to_tokenless_page
from ncconnect import durations, errors

PROBLEM = "accounts/password_problem.html"


class PasswordForgotten(FormPage):
    template_name = "accounts/password_forgotten.html"
    form_class = PasswordForgottenForm

    def form_valid(self, form):
        email = form.cleaned_data["email"]
        try:
            reset_request.request_reset(
                email=email,
                network=self.request.client_network,
                device=browser.device(self.request, email),
                handles=browser.devices(self.request),
                return_to=self.next_path,
                language=get_language(),
            )
        except reset_request.TooManyRequests as refusal:
            return self._too_many(refusal.retry_after)
        return HttpResponseRedirect(self.onward("accounts:password_sent", email))

    def get_initial(self):
        return {"email": about.address(self.request) or self.destination.login_hint}

    def _too_many(self, retry_after: int) -> HttpResponse:
        return errors.too_many(
            self.request,
            retry_after,
            action=errors.Action(self.onward("accounts:sign_in"), _("Retour à la connexion")),
            advice=_(
                "Si vous avez reçu un e-mail il y a moins de %(lifetime)s, son lien fonctionne "
                "toujours. Regardez aussi dans vos messages indésirables."
            )
            % {"lifetime": durations.in_words(settings.PASSWORD_RESET_LINK_TIME)},
        )


class PasswordSent(PageOfOne):
    """« Si un compte existe pour cette adresse, vous allez recevoir un e-mail. »"""

    template_name = "accounts/password_sent.html"


class PasswordDone(PageOfOne):
    """« Votre mot de passe est modifié », and the way on."""

    template_name = "accounts/password_done.html"


@require_safe
def mend_reset_link(request: HttpRequest, token: str, rest: str) -> HttpResponse:
    """Something stands behind the link: a full stop, a bracket, a word of the next line."""
    if not links.letters_of(token):
        return follow_reset_link(request, token)  # it says that this is no link, and helps
    return mended_link("accounts:password_reset", token)


@require_safe
def follow_reset_link(request: HttpRequest, token: str) -> HttpResponse:
    """The link is used up by the POST that follows, never by opening it."""
    if links.letters_of(token) not in ("", token):
        return mended_link("accounts:password_reset", token)
    try:
        flow.find(token)
    except links.LinkError as error:
        return _problem(request, error, token)
    response = to_tokenless_page("accounts:password_new", token)
    browser.remember_link(response, request, token)
    return response


def _problem(request: HttpRequest, error: links.LinkError, token: str) -> HttpResponse:
    problem = {
        links.LinkExpired: "expired",
        links.LinkUsed: "used",
        links.LinkSuperseded: "superseded",
    }.get(type(error), "broken")
    next_path = error.link.return_to if error.link else ""
    return link_problem(request, PROBLEM, problem, next_path=next_path, token=token)


class PasswordReset(FormPage):
    """« Choisir un nouveau mot de passe », then on to the partner."""

    template_name = "accounts/password_new.html"
    form_class = PasswordResetForm

    def dispatch(self, request, *args, **kwargs):
        self.token = about.link(request)
        try:
            self.link = flow.find(self.token)
            self.next_path = self.link.return_to
            return super().dispatch(request, *args, **kwargs)
        except links.LinkUsed as error:
            if request.method == "POST" and flow.is_repeat(error.link, _new_password(request)):
                self.link, self.next_path = error.link, error.link.return_to
                return self._done()
            return _problem(request, error, self.token)
        except links.LinkError as error:
            return _problem(request, error, self.token)

    def get_form_kwargs(self):
        browser = visitor(self.request)
        return super().get_form_kwargs() | {"user": self.link.user, "browser": browser}

    def form_valid(self, form):
        accepts_terms = bool(form.cleaned_data.get("cgu"))
        flow.reset(
            self.link,
            password=form.cleaned_data["password1"],
            accepts_terms=accepts_terms,
            language=get_language(),
        )
        return self._done()

    def _done(self):
        response = HttpResponseRedirect(self.onward("accounts:password_done", self.link.email))
        browser.forget_link(response, self.request, self.token)
        return response

    def get_context_data(self, **context):
        return super().get_context_data(email=self.link.email, token=self.token, **context)


def _new_password(request: HttpRequest) -> str:
    return request.POST.get("password1", "")
