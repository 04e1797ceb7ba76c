"""Signing in and out."""

from functools import cached_property
from math import ceil

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import about, browser, devices, return_to
from accounts.authentication import ACR_PASSWORD, PASSWORD
from accounts.captcha import Captcha
from accounts.devices import known
from accounts.email_identity import InvalidEmail, canonical
from accounts.flows import sessions
from accounts.flows import sign_in as flow
from accounts.flows.language import follow
from accounts.forms import GuardedSignInForm, SignInForm
from accounts.models import Device, OneTimeLink, Session, User
from accounts.views.pages import FormPage, Page, allow_form_to_end_at, check_mail_address

SHARED = settings.SHARED_SESSION_ABSOLUTE_TIME


class SignIn(FormPage):
    template_name = "accounts/sign_in.html"
    form_id = "login"
    limit = ""  # accounts.flows.sign_in counts tries

    @cached_property
    def captcha(self) -> Captcha:
        """Asked for only where there may be a test: most people never see one here."""
        return Captcha.from_request(self.request)

    def dispatch(self, request, *args, **kwargs):
        self.guarded = request.method == "POST" and Captcha.was_shown_in(request.POST)
        response = super().dispatch(request, *args, **kwargs)
        return allow_form_to_end_at(response, self.destination.form_action)

    @classmethod
    def when_stale(cls, request) -> HttpResponse | None:
        """The same form a second time: what the first one did is there (ncconnect.errors)."""
        view = cls()
        view.setup(request)
        return view._signed_in_already() if request.user.is_authenticated else None

    def _signed_in_already(self) -> HttpResponse:
        """On to where the person goes: in the place of the one who is signed in, nobody does."""
        typed = self.request.POST.get("username", "")
        if typed and not _is_of(typed, self.request.user):
            messages.warning(
                self.request,
                _(
                    "Un autre compte vient de se connecter dans ce navigateur. Saisissez de "
                    "nouveau votre adresse e-mail et votre mot de passe."
                ),
            )
            return HttpResponseRedirect(return_to.sign_in_again(self.next_path))
        return HttpResponseRedirect(self.destination.url)

    def get(self, request, *args, **kwargs):
        if self.destination.expired:
            return HttpResponseRedirect(self.next_path)  # its page says so, and leads back
        if request.user.is_authenticated and not return_to.is_asked_again(request):
            return HttpResponseRedirect(self.destination.url)
        return super().get(request, *args, **kwargs)

    def get_form_class(self):
        return GuardedSignInForm if self.guarded else SignInForm

    def get_form_kwargs(self):
        kwargs = super().get_form_kwargs()
        return kwargs | {"captcha": self.captcha} if self.guarded else kwargs

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        return self.captcha.allow_in_csp(response) if self.guarded else response

    def get_initial(self):
        return {"username": about.address(self.request) or self.destination.login_hint}

    def get_context_data(self, **context):
        """The address that was typed goes along to the pages that help."""
        context = super().get_context_data(**context)
        typed = getattr(context["form"], "cleaned_data", {}).get("username", "")
        return context | {"carried": about.with_address(context["carried"], typed)}

    def form_valid(self, form):
        email = form.cleaned_data["username"]
        try:
            user, device = flow.sign_in(
                email=email,
                password=form.cleaned_data["password"],
                place=self._place(email),
                captcha_solved=self.guarded and self.captcha.redeem(),
                attempts=browser.attempts(self.request),
            )
            here = self._here(user, device, shared=form.cleaned_data["shared"])
            response = self._opened(user, here)
        except flow.NotActivated as refusal:
            return self._to_activation(refusal.link, email)
        except flow.Suspended:
            return self.render_to_response(self.get_context_data(form=form, suspended=True))
        except flow.TooManyTries as refusal:
            return self._too_many(form, refusal)
        except flow.WrongCredentials:
            form.add_error(None, _("L’adresse e-mail ou le mot de passe est incorrect."))
            return self.form_invalid(form)
        if settings.LANGUAGE_COOKIE_NAME in self.request.COOKIES:  # chosen, not guessed
            follow(user, get_language())
        if not here.is_shared:
            browser.remember_device(response, self.request, here, user.email)
        return response

    def _place(self, email: str) -> flow.Place:
        request = self.request
        mark, handles = browser.device(request, email), tuple(browser.devices(request))
        seen = devices.facts(*self._seen())
        return flow.Place(request.client_network, mark, handles, seen)

    def _seen(self) -> tuple[str, str]:
        return devices.seen(self.request.headers.get("User-Agent", ""))

    def _here(self, user: User, device: Device | None, *, shared: bool) -> known.Here:
        """Their device that this browser is; a new one, if it was none of theirs."""
        network = self.request.client_network
        seen = self._seen(), network
        if shared:
            return known.shared(user, *seen)
        if device:
            return known.again(device, browser.handle_of(self.request, device.pk), *seen)
        return known.new(user, *seen)

    def _opened(self, user: User, here: known.Here) -> HttpResponse:
        """The session, and what the person came for if it is had at once: both, or neither."""
        destination = self.destination
        try:
            with flow.opening(user):
                open_session(self.request, user, here)
                answer = destination.finish(self.request)
        except flow.WrongCredentials:
            if self.request.user == user:  # and not somebody else, who was here before
                logout(self.request)  # nothing of it stays in this answer
            raise
        return answer or HttpResponseRedirect(destination.url)

    def _to_activation(self, link: OneTimeLink | None, email: str):
        """This browser gave the password of an attempt: its link, no other, activates at once here.

        An account that an operator made has no link to send again, and its owner has yet to agree
        to the terms: the link of a forgotten password does both.
        """
        if link is None:
            messages.info(
                self.request,
                _("Votre compte n’est pas encore activé. Demandez un lien pour l’activer."),
            )
            return HttpResponseRedirect(self.onward("accounts:password_forgotten", email))
        messages.info(
            self.request, _("Vous n’êtes pas encore connecté : activez d’abord votre compte.")
        )
        attempt = about.Attempt(link.attempt, link.email)
        response = HttpResponseRedirect(check_mail_address(attempt, self.next_path))
        browser.remember_attempt(response, self.request, attempt.id)
        return response

    def _too_many(self, form, refusal: flow.TooManyTries):
        """429, with the time to wait, and the captcha when solving it allows a try now."""
        if refusal.captcha_helps:
            self.guarded = True
            kept = {name: form.cleaned_data[name] for name in ("username", "shared")}
            form = GuardedSignInForm(captcha=self.captcha, initial=kept)
        minutes = ceil(refusal.retry_after / 60)
        context = self.get_context_data(form=form, throttled=True, minutes=minutes)
        response = self.render_to_response(
            context | {"captcha_helps": refusal.captcha_helps}, status=429
        )
        response["Retry-After"] = str(refusal.retry_after)
        return response


def _is_of(address: str, user: User) -> bool:
    try:
        return canonical(address) == user.email
    except InvalidEmail:
        return False


def open_session(request, user: User, here: known.Here) -> None:
    """Sign this browser in, under a new cookie; another person's session in it ends first.

    Who signs in again has the whole of a session's time before them, and keeps its row: its
    partners go on knowing it.
    """
    now = timezone.now()
    if request.user.is_authenticated and request.user != user:
        User.objects.keep(user, alone=here.is_written)  # people are locked before sessions
        sessions.end(Session.objects.filter(pk=request.session.record.pk), reason="replaced")
        request.session.flush()
    login(request, user)
    request.session.describe(
        authenticated_at=now,
        confirmed_at=now,
        ends_at=now + (SHARED if here.is_shared else settings.SESSION_ABSOLUTE_TIME),
        shared=here.is_shared,
        methods=PASSWORD,
        acr=ACR_PASSWORD,
        device_id=None if here.is_shared else here.device.pk,
        browser=here.device.browser,
        system=here.device.system,
        former_device="",
        network=request.client_network,
    )
    request.session.cycle_key()
    request.session.open_for(user, alone=here.is_written)
    try:
        with transaction.atomic(savepoint=False):
            request.session.save()
            known.write(here)
            flow.succeeded(user, request.session.record, known=not here.is_new)
    except UpdateError:
        raise SessionInterrupted("the session was ended while it signed in") from None


class SignOut(Page):
    """A GET asks, a POST signs out."""

    template_name = "accounts/sign_out.html"

    def post(self, request):
        if record := request.session.record:
            sessions.end(Session.objects.filter(pk=record.pk), reason=sessions.SIGNED_OUT)
        logout(request)
        return HttpResponseRedirect(reverse("accounts:signed_out"))


class SignedOut(Page):
    """Said to nobody who is still signed in: on a shared computer they would believe it."""

    template_name = "accounts/signed_out.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            return HttpResponseRedirect(reverse("accounts:sign_out"))
        return super().dispatch(request, *args, **kwargs)
