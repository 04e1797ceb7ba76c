"""The trail for its readers. It grows by what each sign-in writes: no page reads all of it."""

import re
from datetime import timedelta
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ncconnect import durations
from ncconnect.administration import ModelAdmin
from ncconnect.audit.events import EVENTS
from ncconnect.audit.models import Event

UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
REFERENCE_FORM = re.compile(r"NC-\w{4}-\w{2}", re.IGNORECASE)
PARTNER_TIME = timedelta(days=30)


class Newest(Paginator):
    """The pages of the newest rows: who looks for older ones filters, or searches."""

    ROWS = 10_000

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[: self.ROWS].count()


class EventFilter(admin.SimpleListFilter):
    """By the catalogue: Django's own filter would read the table for the names in use."""

    title = _("événement")
    parameter_name = "event"

    def lookups(self, request, model_admin):
        return [(name, name) for name in sorted(EVENTS)]

    def queryset(self, request, queryset):
        return queryset.filter(event=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ModelAdmin):
    """The trail can be read and searched; nobody writes in it."""

    list_display = ("at", "reference", "event", "partner", "user_id", "network")
    list_filter = ("at", EventFilter)
    ordering = ("-pk",)  # as they were written
    sortable_by = ()
    paginator = Newest
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    search_fields = ("reference", "user_id", "partner")
    search_help_text = format_lazy(
        _(
            "Une référence (NC-…), l’identifiant d’un compte, ou celui d’un service (sur {time}). "
            "La liste s’arrête à 10 000 événements : un filtre ou une recherche en montre d’autres."
        ),
        time=durations.lazily(PARTNER_TIME),
    )

    def get_search_results(self, request, queryset, search_term):
        """Exactly what was written, in the one column that it can be of (audit.models: indexes)."""
        term = search_term.strip()
        return (queryset.filter(_named(term)) if term else queryset), False

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


def _named(term: str) -> Q:
    if UUID_FORM.fullmatch(term):
        return Q(user_id=UUID(term))
    if REFERENCE_FORM.fullmatch(term):
        return Q(reference=term.upper())
    return Q(partner=term, at__gte=timezone.now() - PARTNER_TIME)
