"""« Mes services »: who received what, and taking it back. « Historique »: what has happened."""

import re

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.views.pages import OwnFormPage, Page
from ncconnect.audit.sentences import FAMILIES
from oidc_provider.claims import telling
from oidc_provider.self_care import history, services, withdrawal

KEY = re.compile(r"[1-9][0-9]{0,17}")


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


class History(LoginRequiredMixin, Page):
    """The events of twelve months, PAGE at a time: an address names the page by where it begins."""

    template_name = "self_care/history.html"

    def get_context_data(self, **context):
        family = self.request.GET.get("famille", "")
        family = family if family in FAMILIES else ""
        before = self._before()
        found = history.page(
            self.request.user, here=self.request.client_network, family=family, before=before
        )
        facts = {"families": FAMILIES, "family": family, "found": found, "goes_back": bool(before)}
        return super().get_context_data(**facts, **context)

    def _before(self) -> int | None:
        """What is no key of a row is the newest page."""
        typed = self.request.GET.get("avant", "")
        return int(typed) if KEY.fullmatch(typed) else None
