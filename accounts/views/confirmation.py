"""« Confirmez que c’est vous »: the password again, then back to the page that asked."""

from datetime import timedelta
from functools import cached_property

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import confirmation
from accounts.flows import confirmation as flow
from accounts.forms import ConfirmationForm
from accounts.models import PersonChanged
from accounts.views.pages import OwnFormPage


class Confirm(OwnFormPage):
    template_name = "accounts/confirm.html"
    form_class = ConfirmationForm

    @cached_property
    def asker(self) -> confirmation.Asker:
        found = confirmation.asker(self.request.GET.get(confirmation.FOR, ""))
        if found is None:
            raise Http404
        return found

    def get(self, request, *args, **kwargs):
        """Who has just signed in, or confirmed in another tab, is asked nothing."""
        asker = self.asker
        if confirmation.fresh(request, asker.age):
            return self._back(asker)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form):
        asker, session = self.asker, self.request.session.record
        try:
            flow.confirm(self.request.user, password=form.cleaned_data["password"], session=session)
        except flow.WrongPassword:
            return self._refused(form, _("Ce mot de passe n’est pas le bon."))
        except flow.TooManyTries as refusal:
            return self._too_many(form, refusal.retry_after)
        except (flow.SessionOver, PersonChanged):
            return HttpResponseRedirect(self.request.get_full_path())  # it asks who is there
        return self._back(asker)

    def _back(self, asker: confirmation.Asker) -> HttpResponse:
        typed = self.request.GET.get(confirmation.TYPED, "")
        return HttpResponseRedirect(asker.address(typed, self.next_path))

    def _too_many(self, form, retry_after: int) -> HttpResponse:
        """429, with the hour, and the way that is open meanwhile: signing in is a proof as well."""
        again = timezone.localtime() + timedelta(seconds=retry_after)
        reason = _(
            "Trop d’essais. Réessayez à %(hour)s, ou déconnectez-vous puis reconnectez-vous."
        ) % {"hour": date_format(again, "H:i")}
        response = self._refused(form, reason)
        response.status_code = 429
        response["Retry-After"] = str(retry_after)
        return response

    def _refused(self, form, reason: str) -> HttpResponse:
        form.add_error("password", reason)
        return self.form_invalid(form)

    def get_context_data(self, **context):
        aside = self.asker.address("", self.next_path)
        return super().get_context_data(act=self.asker.act, aside=aside, **context)
