"""Logout notices in the administration site: what waits, what was taken, what was given up."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ncconnect.administration import ModelAdmin
from oidc_provider.models import LogoutNotice


@admin.action(description=_("Envoyer de nouveau"), permissions=["change"])
def send_again(modeladmin, request, queryset) -> None:
    """Put notices that were given up back in the queue."""
    queryset.send_again(actor=request.user)


@admin.register(LogoutNotice)
class LogoutNoticeAdmin(ModelAdmin):
    list_display = ("created_at", "relying_party", "state", "attempts", "next_at", "last_error")
    list_filter = ("state", "relying_party")
    list_select_related = ("relying_party",)
    search_fields = ("=sid",)
    fields = readonly_fields = (
        "id", "relying_party", "sid", "state", "attempts", "created_at", "next_at", "sent_at",
        "last_error",
    )  # fmt: skip
    actions = (send_again,)
    show_full_result_count = False

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
