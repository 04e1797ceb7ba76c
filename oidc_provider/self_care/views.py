"""« Mes services »: who received what, and taking it back. « Historique »: what has happened."""

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import about
from accounts.confirmation import confirmed, typed
from accounts.flows import not_me
from accounts.models import User
from accounts.views.pages import OwnFormPage, Page, PageOfOne
from ncconnect.audit.sentences import FAMILIES
from oidc_provider.claims import telling
from oidc_provider.self_care import history, services, withdrawal

# The name of the page in the table of confirmations, and of its field.
NOT_ME, EVENT = "not_me", "evenement"


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
        return int(typed) if history.KEY.fullmatch(typed) else None


@confirmed(NOT_ME, keeps=(EVENT,), to_look=False)
class NotMe(OwnFormPage):
    """« Ce n’était pas vous ? »: what it would close, and doing it. To look asks for no proof."""

    template_name = "self_care/not_me.html"
    form_class = forms.Form

    @cached_property
    def named(self) -> str:
        """The event: by the page's address, by its form, or as before its person confirmed."""
        data = self.request.POST if self.request.method == "POST" else self.request.GET
        return data.get(EVENT) or typed(self.request, NOT_ME).get(EVENT, "")

    @cached_property
    def line(self) -> history.Line:
        here = self.request.client_network
        found = history.deniable(self.request.user, self.named, here=here)
        if found is None:
            raise Http404
        return found

    def get(self, request, *args, **kwargs):
        if not self.named:
            return HttpResponseRedirect(reverse("history"))
        return super().get(request, *args, **kwargs)

    def handle_no_permission(self):
        """The form that ended this very session, sent a second time: all of it is done."""
        event = self.request.POST.get(EVENT, "")
        person = User.objects.filter(pk=about.person(self.request)).first()
        if person and history.KEY.fullmatch(event) and not_me.is_denied(person.pk, int(event)):
            return _denied(person)
        return super().handle_no_permission()

    def get_context_data(self, **context):
        return super().get_context_data(line=self.line, **context)

    def form_valid(self, form):
        person = self.request.user
        not_me.deny(person, self.line.event, language=get_language())
        logout(self.request)
        return _denied(person)


def _denied(person: User) -> HttpResponseRedirect:
    return HttpResponseRedirect(about.with_address(reverse("denied"), person.email))


class Denied(PageOfOne):
    template_name = "self_care/denied.html"
