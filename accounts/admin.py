"""What support sees of a person: enough to help, nothing to sign in with."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.models import Identity, Session, User


class IdentityInline(admin.StackedInline):
    model = Identity
    extra = 0


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """No password here, nor a way to set one: the owner has « Mot de passe oublié »."""

    list_display = ["email", "created_at", "activated_at", "last_login", "is_active", "is_staff"]
    list_filter = ["is_active", "is_staff", ("activated_at", admin.EmptyFieldListFilter)]
    search_fields = ["email"]
    ordering = ["-created_at"]
    fields = ["email", "language", "is_active", "is_staff", "groups"]
    readonly_fields = ["email"]
    inlines = [IdentityInline]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Session)
class SessionAdmin(admin.ModelAdmin):
    list_display = ["user", "device", "network", "created_at", "seen_at"]
    search_fields = ["user__email"]
    fields = readonly_fields = ["user", "device", "network", "created_at", "seen_at", "ends_at"]
    verbose_name = _("session")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
