"""« Mes services »: who received what, and taking it back."""

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.views.pages import OwnFormPage, Page
from oidc_provider.claims import telling
from oidc_provider.self_care import services, withdrawal


class Services(LoginRequiredMixin, Page):
    template_name = "self_care/services.html"

    def get_context_data(self, **context):
        user = self.request.user
        found = {"services": services.reached_by(user), "removed": services.removed(user)}
        return super().get_context_data(**found, **context)


class OfOneService:
    """A partner that this person has reached; any other is a page that never was."""

    request: HttpRequest
    kwargs: dict

    @cached_property
    def service(self) -> services.Service:
        found = services.find(self.request.user, self.kwargs["ref"])
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **context):
        facts = {"service": self.service, "partner": self.service.partner}
        return super().get_context_data(**facts, **context)


class Service(LoginRequiredMixin, OfOneService, Page):
    template_name = "self_care/service.html"

    def get_context_data(self, **context):
        person = User.objects.select_related("identity", "details").get(pk=self.request.user.pk)
        facts = {
            "told": telling.told_of(person, self.service.items),
            "received": services.received(person, self.service.partner),
        }
        return super().get_context_data(**facts, **context)


class Withdrawal(OfOneService, OwnFormPage):
    """No proof is asked: it only closes. The page says first what goes and what stays."""

    template_name = "self_care/withdrawal.html"
    form_class = forms.Form

    def form_valid(self, form):
        withdrawal.withdraw(self.request.user, self.service.partner)
        name = self.service.partner.name
        told = _("%(partner)s ne reçoit plus vos informations.") % {"partner": name}
        messages.success(self.request, told)
        return HttpResponseRedirect(reverse("services"))
