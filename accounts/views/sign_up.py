"""Creating an account, and the page that waits for the mail."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import about, browser, return_to
from accounts.captcha import Captcha
from accounts.flows import sign_up as flow
from accounts.forms import SignUpForm
from accounts.views.doors import Door, Page, check_mail_address
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
        email = form.cleaned_data["email"]
        attempt = about.Attempt(self.captcha.receipt(email), email)
        if self.captcha.is_robot:
            return self._wait_for_mail(attempt)  # a robot sees what a person would
        verdict = ratelimit.hit("sign_up", self.request.client_network)
        if not verdict.allowed:
            return errors.too_many(self.request, verdict.retry_after)
        password = flow.hashed(form.cleaned_data["password1"])
        if not form.redeem_captcha(use=email):
            return self.form_invalid(form)
        try:
            flow.sign_up(
                email=email,
                password=password,
                language=get_language(),
                return_to=self.next_path,
                attempt=attempt.id,
                previous=browser.attempts(self.request),
            )
        except flow.TooManyMails as refusal:
            return errors.too_many(self.request, refusal.retry_after)
        return self._wait_for_mail(attempt)

    def form_invalid(self, form):
        """A button pressed twice sends the same form twice: both lead to the same page."""
        email = getattr(form, "cleaned_data", {}).get("email", "")
        if email and self.captcha.was_redeemed(email):
            return self._wait_for_mail(about.Attempt(self.captcha.receipt(email), email))
        return super().form_invalid(form)

    def _wait_for_mail(self, attempt: about.Attempt):
        response = HttpResponseRedirect(check_mail_address(attempt, self.next_path))
        browser.remember_attempt(response, self.request, attempt.id)
        return response


class CheckMail(Page):
    """« Veuillez activer votre compte »: the address, and the mail again, of the page's attempt."""

    template_name = "accounts/check_mail.html"

    def dispatch(self, request, *args, **kwargs):
        self.attempt = about.attempt(request)
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
        return HttpResponseRedirect(check_mail_address(self.attempt, self.next_path))

    def get_context_data(self, **context):
        return super().get_context_data(
            email=self.attempt.email,
            attempt=self.attempt.sealed(),
            wait=flow.resend_wait(email=self.attempt.email),
            start_again=return_to.carry(reverse("accounts:sign_up"), self.next_path),
            **context,
        )
