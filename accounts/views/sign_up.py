"""Creating an account, and the page that waits for the mail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import about, browser, emails, mail_pace
from accounts.captcha import Captcha
from accounts.captcha.visitor import visitor
from accounts.flows import sign_up as flow
from accounts.forms import SignUpForm
from accounts.views.pages import FormPage, Page, check_mail_address
from ncconnect import errors, ratelimit


class SignUp(FormPage):
    template_name = "accounts/sign_up.html"
    form_class = SignUpForm

    def dispatch(self, request, *args, **kwargs):
        self.captcha = Captcha.from_request(request)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        kwargs = {"captcha": self.captcha, "browser": visitor(self.request)}
        return super().get_form_kwargs() | kwargs

    def get_initial(self):
        return {"email": about.address(self.request) or self.destination.login_hint}

    def render_to_response(self, context, **kwargs):
        return self.captcha.allow_in_csp(super().render_to_response(context, **kwargs))

    def form_valid(self, form):
        email = form.cleaned_data["email"]
        attempt = about.Attempt(self.captcha.receipt(email), email)
        if self.captcha.is_robot:
            return self._wait_for_mail(attempt)  # a robot sees what a person would
        verdict = ratelimit.hit("sign_up_most", self.request.client_network)
        if not verdict.allowed:
            return errors.too_many(self.request, verdict.retry_after)
        password = flow.hashed(form.cleaned_data["password1"])
        if not form.redeem_captcha(use=email):
            return self.form_invalid(form)
        try:
            at = self._sign_up(attempt, password, self.request.client_network)
        except flow.TooManyMails as refusal:
            return errors.too_many(self.request, refusal.retry_after)
        return self._wait_for_mail(replace(attempt, mail_at=seconds(at)))

    def _sign_up(self, attempt: about.Attempt, password: str, network: str | None) -> datetime:
        return flow.sign_up(
            email=attempt.email,
            password=password,
            language=get_language(),
            return_to=self.next_path,
            attempt=attempt.id,
            network=network,
            previous=browser.attempts(self.request),
        )

    def form_invalid(self, form):
        """A button pressed twice sends the same form twice: both lead to the same page."""
        email = getattr(form, "cleaned_data", {}).get("email", "")
        if email and self.captcha.was_redeemed(email):
            at = mail_pace.current_moment(self.request.client_network)
            again = about.Attempt(self.captcha.receipt(email), email, seconds(at))
            return self._wait_for_mail(again)
        return super().form_invalid(form)

    def _wait_for_mail(self, attempt: about.Attempt):
        response = HttpResponseRedirect(check_mail_address(attempt, self.next_path))
        browser.remember_attempt(response, self.request, attempt.id)
        return response


def _is_another(user, email: str) -> bool:
    return user.is_authenticated and user.email != email


class CheckMail(Page):
    """« Veuillez activer votre compte »: the address, and the mail again, of the page's attempt."""

    template_name = "accounts/check_mail.html"

    def dispatch(self, request, *args, **kwargs):
        self.attempt = about.attempt(request)
        if self.attempt and _is_another(request.user, self.attempt.email):
            return HttpResponseRedirect(self.destination.url)
        if self.attempt is None:
            return HttpResponseRedirect(self.onward("accounts:sign_up"))
        return super().dispatch(request, *args, **kwargs)

    def post(self, request):
        if self._mail_waits:
            return HttpResponseRedirect(check_mail_address(self.attempt, self.next_path))
        wait = flow.resend(
            email=self.attempt.email,
            attempt=self.attempt.id,
            network=request.client_network,
            return_to=self.next_path,
            language=get_language(),
        )
        at = mail_pace.current_moment(request.client_network)
        if not wait:
            self.attempt = replace(self.attempt, mail_at=seconds(at))
        if not wait and not self._mail_waits:
            messages.success(
                request,
                _("Un nouvel e-mail a été envoyé. Le lien précédent ne fonctionne plus."),
            )
        response = HttpResponseRedirect(check_mail_address(self.attempt, self.next_path))
        if not wait:
            browser.keep_attempt(response, request, self.attempt.id)
        return response

    @property
    def _mail_at(self) -> datetime:
        return datetime.fromtimestamp(self.attempt.mail_at, UTC)

    @property
    def _mail_waits(self) -> bool:
        """Whether the mail of this attempt has yet to leave; another one would not help."""
        return self._mail_at > timezone.now()

    def get_context_data(self, **context):
        wait = flow.resend_wait(email=self.attempt.email)
        return super().get_context_data(
            email=self.attempt.email,
            refused=emails.was_refused(self.attempt.email),
            attempt=self.attempt.sealed(),
            wait=wait,
            again_at=emails.time_in_words(timezone.now() + timedelta(seconds=wait + 59)),
            mail_at=emails.in_words(self._mail_at) if self._mail_waits else "",
            start_again=self.onward("accounts:sign_up", self.attempt.email),
            **context,
        )


def seconds(moment: datetime) -> int:
    """As a page's attempt carries it."""
    return int(moment.timestamp())
