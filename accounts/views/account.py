"""« Mon compte », the first page of it, and the change of password."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import about
from accounts.captcha.visitor import visitor
from accounts.flows import password_reset as flow
from accounts.forms import PasswordChangeForm
from accounts.views.doors import Door, Page
from accounts.views.password import change_is_limited


class AccountHome(LoginRequiredMixin, Page):
    template_name = "accounts/home.html"

    def get_context_data(self, **context):
        return super().get_context_data(session=self.request.session.record, **context)


class PasswordChange(LoginRequiredMixin, Door):
    template_name = "accounts/password_change.html"
    form_class = PasswordChangeForm

    def get_form_kwargs(self):
        browser = visitor(self.request)
        return super().get_form_kwargs() | {"user": self.request.user, "browser": browser}

    def post(self, request, *args, **kwargs):
        """A page that was shown to somebody else changes nothing here: it is shown anew."""
        if not about.is_about(request, request.user):
            messages.warning(
                request, _("Cette page n’était pas celle de ce compte. Rien n’a été modifié.")
            )
            return HttpResponseRedirect(reverse("accounts:password_change"))
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **context):
        return super().get_context_data(about=about.person(self.request.user), **context)

    def form_valid(self, form):
        user = self.request.user
        refusal = change_is_limited(self.request)
        if not refusal and not user.check_password(form.cleaned_data["current"]):
            if flow.is_changed_already(user, form.cleaned_data["password1"]):
                return self._done()
            refusal = _("Ce n’est pas votre mot de passe actuel.")
        if refusal:
            form.add_error("current", refusal)
            return self.form_invalid(form)
        session = self.request.session
        flow.change(
            user,
            password=form.cleaned_data["password1"],
            current=session.record,
            language=get_language(),
        )
        update_session_auth_hash(self.request, user)
        return self._done()

    def _done(self):
        messages.success(self.request, _("Votre mot de passe est modifié."))
        return HttpResponseRedirect(reverse("accounts:home"))
