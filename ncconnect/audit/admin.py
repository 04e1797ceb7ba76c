from django.contrib import admin

from ncconnect.audit.models import Event


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    """The trail can be read and searched; nobody writes in it."""

    list_display = ("at", "event", "user_id", "partner", "network", "reference")
    list_filter = ("at", "event")
    ordering = ("-pk",)  # as they were written
    search_fields = ("=reference", "=user_id", "=partner")
    show_full_result_count = False

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
