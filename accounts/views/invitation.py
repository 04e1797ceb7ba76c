"""Signing up by an invitation (accounts.flows.invitation)."""

from dataclasses import replace

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import about
from accounts.captcha.challenge import receipt
from accounts.flows import invitation
from accounts.flows import sign_up as flow
from accounts.views.sign_up import SignUp, seconds
from ncconnect import errors


class InvitedSignUp(SignUp):
    """The same page, opened by an invitation: without the test, for the address invited.

    The link is used up by the form, not by whoever opens it: mail scanners do.
    """

    def dispatch(self, request, *args, **kwargs):
        self.token = kwargs["token"]
        self.invitation = invitation.find(self.token)
        if self.invitation is None:
            return self._sent_already() or self._ended()
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self):
        return {"email": self.invitation.email, "email2": self.invitation.email}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"captcha": None}

    def form_valid(self, form):
        email = form.cleaned_data["email"]
        if email != self.invitation.email:
            text = _("Cette invitation est pour l’adresse %(email)s.")
            form.add_error("email", text % {"email": self.invitation.email})
            return self.form_invalid(form)
        password = flow.hashed(form.cleaned_data["password1"])
        try:
            with transaction.atomic():
                if not invitation.use(self.invitation):
                    return self._sent_already() or self._ended()
                at = self._sign_up(self._attempt(email), password, network=None)
        except flow.TooManyMails as refusal:
            return errors.too_many(self.request, refusal.retry_after)
        return self._wait_for_mail(replace(self._attempt(email), mail_at=seconds(at)))

    def _attempt(self, email: str) -> about.Attempt:
        """The same for a form and its repeat."""
        return about.Attempt(receipt(token=self.token, use=email), email)

    def _sent_already(self):
        """A button pressed twice sends the same form twice: both lead to the same page."""
        used = invitation.find_used(self.token) if self.request.method == "POST" else None
        return self._wait_for_mail(self._attempt(used.email)) if used else None

    def _ended(self):
        messages.warning(
            self.request,
            _("Cette invitation n’est plus valable. Faites le test, ou demandez-en une autre."),
        )
        return HttpResponseRedirect(reverse("accounts:sign_up"))
