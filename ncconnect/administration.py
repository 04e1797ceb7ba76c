"""Django's administration, behind the one sign-in page and under our Content Security Policy."""

import contextlib
import logging
import traceback
from functools import wraps

from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.db import DataError, transaction
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ncconnect import text
from ncconnect.staff_forms import StaffForm, StaffFormSet

logger = logging.getLogger(__name__)

MAX_SEARCH = 256  # each word of a search is one more condition of the statement
OWN = ("ncconnect", "accounts", "oidc_provider")
# What reading a filter, an identifier or a search raises, here or in the database.
UNREADABLE = (ValueError, OverflowError, ValidationError, DataError)


class Site(admin.AdminSite):
    site_title = "NC Connect"
    site_header = _("NC Connect, administration")

    def admin_view(self, view, cacheable=False):
        """Its pages run scripts of their own, from our own files only."""
        return csp_update({"script-src": "'self'"})(super().admin_view(_read(view), cacheable))

    def login(self, request, extra_context=None):
        """No second, weaker sign-in page. A person who is no agent is told so."""
        if request.user.is_authenticated and not self.has_permission(request):
            from ncconnect import errors

            return errors.handler403(request)
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request, extra_context=None):
        """No second sign-out: ours tells the partners, and the audit trail. A POST stays a POST."""
        return HttpResponseRedirect(reverse("accounts:sign_out"), preserve_request=True)

    def password_change(self, request, extra_context=None):
        """No second page for it either: ours ends the other sessions and tells the owner."""
        return HttpResponseRedirect(reverse("accounts:password_change"))


class ModelAdmin(admin.ModelAdmin):
    """What every list of ours obeys."""

    form = StaffForm
    # Ticked, a whole page goes in one form (DATA_UPLOAD_MAX_NUMBER_FIELDS).
    list_per_page = 50

    def get_object(self, request, object_id, from_field=None):
        """What is about to be saved is held until it is: two agents come one after the other."""
        row = super().get_object(request, object_id, from_field)
        if row and request.method == "POST":
            with contextlib.suppress(type(row).DoesNotExist):
                row.refresh_from_db(from_queryset=type(row)._base_manager.select_for_update())
        return row

    def save_model(self, request, obj, form, change):
        """Only what the page changed: what a colleague, or the person, changed meanwhile stays."""
        if change:
            form.save_changes()
        else:
            super().save_model(request, obj, form, change)

    def get_search_results(self, request, queryset, search_term):
        """What a copy brought along is not searched for."""
        term = text.without_invisible(search_term).strip()
        return super().get_search_results(request, queryset, term)

    def lookup_allowed(self, lookup, value, request) -> bool:
        """Only by the filters that the list shows: any column would tell digests bit by bit."""
        shown = map(_parameter, self.list_filter)
        return lookup.partition("__")[0] in shown and super().lookup_allowed(lookup, value, request)


class ReadOnly(ModelAdmin):
    """To look at."""

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    has_delete_permission = has_change_permission


class Hidden(ModelAdmin):
    """Nobody's to look at: a library registers it, this shows nothing."""

    def has_module_permission(self, request) -> bool:
        return False

    def has_add_permission(self, request) -> bool:
        return False

    def has_view_permission(self, request, obj=None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_view_permission


class StackedInline(admin.StackedInline):
    """Rows beside a record: a few, whatever number of forms a request announces."""

    form = StaffForm
    formset = StaffFormSet

    def get_formset(self, request, obj=None, **options):
        return super().get_formset(request, obj, **{"absolute_max": 10} | options)


def _parameter(list_filter) -> str:
    """Of a filter as list_filter has it: a class, a name, or a name and its class."""
    name = getattr(list_filter, "parameter_name", list_filter)
    return name if isinstance(name, str) else name[0]


def _read(view):
    """The view, where a value that Django cannot read is told to the reader, and changes nothing.

    Django checks what forms hold; filters, ticked rows and identifiers go to the database as they
    come. A fault of ours raises the same errors and stays one: 500, and an alert.
    """

    @wraps(view)
    def answer(request, *args, **kwargs):
        searches = (request.GET.get(name, "") for name in (SEARCH_VAR, "term"))
        if any(len(words) > MAX_SEARCH for words in searches):
            return _unreadable(request)
        whole = transaction.atomic() if request.method == "POST" else contextlib.nullcontext()
        try:
            with whole:
                return view(request, *args, **kwargs)
        except UNREADABLE as error:
            if _is_ours(error):
                raise
            logger.warning("unreadable", exc_info=True)
            return _unreadable(request)

    return answer


def _is_ours(error: Exception) -> bool:
    """Whether our code raised it, or had a library raise it, rather than Django as it reads."""
    frames = [frame for frame, _line in traceback.walk_tb(error.__traceback__)]
    for frame in reversed(frames):
        module = frame.f_globals.get("__name__", "")
        package = module.partition(".")[0]
        # Our cursors run Django's statements too.
        if package in {"django", *OWN} and not module.startswith("ncconnect.postgresql"):
            return package != "django"
    return True


def _unreadable(request):
    from ncconnect import errors

    return errors.render_error(
        request,
        400,
        gettext("Cette demande ne peut pas être lue"),
        text=gettext(
            "Un filtre, une recherche ou un identifiant est trop long ou n’a pas la bonne forme. "
            "Rien n’a été changé. Repartez de l’administration."
        ),
        action=errors.Action(reverse("admin:index"), gettext("Aller à l’administration")),
    )
