from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ncconnect.administration import ModelAdmin
from ncconnect.mail.models import Outbox


@admin.action(description=_("Envoyer de nouveau"), permissions=["change"])
def send_again(modeladmin, request, queryset) -> None:
    """Put mails that were given up back in the queue, for another day."""
    queryset.send_again(actor=request.user)


@admin.register(Outbox)
class OutboxAdmin(ModelAdmin):
    """What is waiting, what left, what was given up. The text of a mail is never shown here."""

    list_display = ("created_at", "name", "to", "state", "attempts", "next_at", "last_error")
    list_filter = ("state", "name")
    search_fields = ("=to", "=id")
    fields = readonly_fields = (
        "id", "name", "to", "language", "state", "attempts", "created_at", "next_at", "sent_at",
        "last_error",
    )  # fmt: skip
    actions = (send_again,)
    show_full_result_count = False

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
