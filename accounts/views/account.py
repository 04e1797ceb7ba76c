"""« Mon compte », the first page of it, and the change of password."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import information
from accounts.captcha.visitor import visitor
from accounts.flows import password_change as flow
from accounts.forms import PasswordChangeForm
from accounts.models import Identity, User
from accounts.views.pages import OwnFormPage, Page
from ncconnect import errors


class AccountHome(LoginRequiredMixin, Page):
    template_name = "accounts/home.html"

    def get_context_data(self, **context):
        identity = Identity.objects.filter(user=self.request.user).only("given_names").first()
        names = identity.given_names if identity else None
        return super().get_context_data(given_name=names[0] if names else "", **context)


class Information(LoginRequiredMixin, Page):
    template_name = "self_care/information.html"

    def get_context_data(self, **context):
        people = User.objects.select_related("identity", "details")
        parts = information.of(people.get(pk=self.request.user.pk))
        return super().get_context_data(parts=parts, **context)


@require_safe
def change_password(request: HttpRequest) -> HttpResponse:
    """/.well-known/change-password, where password managers send people (W3C)."""
    return HttpResponseRedirect(reverse("accounts:password_change"))


class PasswordChange(OwnFormPage):
    template_name = "accounts/password_change.html"
    form_class = PasswordChangeForm

    def get_form_kwargs(self):
        browser = visitor(self.request)
        return super().get_form_kwargs() | {"user": self.request.user, "browser": browser}

    def form_valid(self, form):
        try:
            user = flow.change(
                self.request.user,
                current=form.cleaned_data["current"],
                password=form.cleaned_data["password1"],
                session=self.request.session.record,
                language=get_language(),
            )
        except flow.ChangedAlready:
            return self._done()
        except flow.WrongPassword:
            return self._refused(form, _("Ce n’est pas votre mot de passe actuel."))
        except flow.TooManyTries as refusal:
            delay = errors.delay(refusal.retry_after)
            return self._refused(
                form,
                _("Trop d’essais. Attendez %(delay)s, ou utilisez « Mot de passe oublié ».")
                % {"delay": delay},
            )
        except flow.ChangedMeanwhile:
            messages.warning(
                self.request,
                _("Votre mot de passe vient d’être changé autrement. Reconnectez-vous."),
            )
            return HttpResponseRedirect(reverse("accounts:sign_in"))
        update_session_auth_hash(self.request, user)
        self.request.session.describe(confirmed_at=timezone.now())  # by the password before it
        return self._done()

    def _done(self):
        messages.success(self.request, _("Votre mot de passe est modifié."))
        return HttpResponseRedirect(reverse("accounts:home"))

    def _refused(self, form, reason: str):
        form.add_error("current", reason)
        return self.form_invalid(form)
