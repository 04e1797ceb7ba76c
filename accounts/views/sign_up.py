"""Creating an account, and the page that waits for the mail."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import browser, return_to
from accounts.captcha import Captcha
from accounts.flows import sign_up as flow
from accounts.forms import SignUpForm
from accounts.views.doors import Door, Page
from ncconnect import errors, ratelimit


class SignUp(Door):
    template_name = "accounts/sign_up.html"
    form_class = SignUpForm

    def dispatch(self, request, *args, **kwargs):
        self.captcha = Captcha.from_request(request)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"captcha": self.captcha}

    def render_to_response(self, context, **kwargs):
        return self.captcha.allow_in_csp(super().render_to_response(context, **kwargs))

    def form_valid(self, form):
        if self.captcha.is_robot:
            return self._wait_for_mail(form, uuid4())  # a robot sees what a person would
        verdict = ratelimit.hit("sign_up", self.request.client_network)
        if not verdict.allowed:
            return errors.too_many(self.request, verdict.retry_after)
        if not form.redeem_captcha():
            return self.form_invalid(form)
        earlier = browser.attempt(self.request)
        attempt = flow.sign_up(
            email=form.cleaned_data["email"],
            password=form.cleaned_data["password1"],
            language=get_language(),
            return_to=self.next_path,
            previous=earlier.id if earlier else None,
        )
        return self._wait_for_mail(form, attempt)

    def _wait_for_mail(self, form, attempt_id):
        response = HttpResponseRedirect(self.onward("accounts:check_mail"))
        attempt = browser.Attempt(attempt_id, form.cleaned_data["email"], self.next_path)
        browser.remember_attempt(response, attempt)
        return response


class CheckMail(Page):
    """« Veuillez activer votre compte »: the address, and the mail again."""

    template_name = "accounts/check_mail.html"

    def dispatch(self, request, *args, **kwargs):
        self.attempt = browser.attempt(request)
        if self.attempt is None:
            return HttpResponseRedirect(self.onward("accounts:sign_up"))
        return super().dispatch(request, *args, **kwargs)

    def post(self, request):
        wait = flow.resend(
            email=self.attempt.email, attempt=self.attempt.id, network=request.client_network
        )
        if not wait:
            messages.success(
                request,
                _("Un nouvel e-mail a été envoyé. Le lien précédent ne fonctionne plus."),
            )
        return HttpResponseRedirect(self.onward("accounts:check_mail"))

    def get_context_data(self, **context):
        return super().get_context_data(
            email=self.attempt.email,
            wait=flow.resend_wait(email=self.attempt.email),
            start_again=return_to.carry(reverse("accounts:sign_up"), self.next_path),
            **context,
        )
