"""The key ring in the administration site."""

from django.contrib import admin

from ncconnect.administration import ReadOnly
from oidc_provider.models import SigningKey


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnly):
    """The ring; the private halves are not shown."""

    list_display = ("kid", "algorithm", "state", "activated_at", "retired_at")
    fields = readonly_fields = (*list_display, "public")
