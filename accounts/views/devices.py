"""« Appareils et sessions »: where a person is signed in, and ending it.

Looking asks for nothing, ending for a fresh proof (accounts.confirmation): a stolen session must
not shut its owner out. Forgetting a device only closes, and asks for none.
"""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import about, confirmation
from accounts.devices import listing
from accounts.flows import devices as flow
from accounts.models import Session
from accounts.views.pages import OwnFormPage, Page

ASKER = "appareils"
# Fields: the session to end, all others, the device to forget. Parameter: the page after this one.
END, ALL, FORGET, AFTER = "fin", "tous", "oubli", "apres"


class Devices(LoginRequiredMixin, Page):
    template_name = "self_care/devices.html"

    def get_context_data(self, **context):
        user, request = self.request.user, self.request
        found = listing.page(
            user,
            current=request.session.record,
            network=request.client_network,
            after=request.GET.get(AFTER, ""),
        )
        person = about.sealed_person(user)
        return super().get_context_data(listing=found, about=person, **self._question(), **context)

    def _question(self) -> dict:
        """What they were about to end when they were asked who they are: it waits for a word."""
        typed = confirmation.typed(self.request, ASKER)
        if ALL in typed:
            return {"ends_all": True}
        key = listing.key_of(typed.get(END, ""), self.request.user)
        session = Session.objects.filter(pk=key, user=self.request.user).first() if key else None
        return {"ends": session, "ends_ref": typed[END]} if session else {}


class OfDevices(OwnFormPage):
    """An act of that page, which is shown again with what became of it."""

    form_class = forms.Form

    def get(self, request, *args, **kwargs):
        return HttpResponseRedirect(reverse("accounts:devices"))

    def named(self, field: str, seal=listing.SESSION) -> UUID:
        """What the form names; nothing of anybody else's, whether it exists or not."""
        key = listing.key_of(self.request.POST.get(field, ""), self.request.user, seal)
        if key is None:
            raise Http404
        return key

    def done(self, told: str) -> HttpResponse:
        messages.success(self.request, told)
        return HttpResponseRedirect(reverse("accounts:devices"))


@confirmation.confirmed(ASKER, keeps=(END, ALL), to_look=False)
class DeviceEnd(OfDevices):
    def form_valid(self, form):
        user, current = self.request.user, self.request.session.record
        if ALL in self.request.POST:
            flow.end_others(user, keep=current)
            return self.done(_("Tous vos autres appareils ont été déconnectés."))
        key = self.named(END)
        if key == current.pk:
            return HttpResponseRedirect(reverse("accounts:sign_out"))
        session = flow.end(user, key)
        if session is None:
            return self.done(_("Cet appareil était déjà déconnecté."))
        return self.done(_("%(device)s a été déconnecté.") % {"device": session.device_label})


class DeviceForget(OfDevices):
    def form_valid(self, form):
        device = flow.forget(self.request.user, self.named(FORGET, listing.DEVICE))
        if device is None:
            return self.done(_("Cet appareil était déjà oublié."))
        return self.done(_("%(device)s est oublié.") % {"device": device.device_label})
