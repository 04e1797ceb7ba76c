"""What support sees of a person: enough to help, nothing to sign in with."""

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.details import canonical_phone_number
from accounts.flows import sessions, suspension
from accounts.models import Details, Identity, Session, User
from ncconnect import audit


class IdentityInline(admin.StackedInline):
    model = Identity
    extra = 0


class DetailsForm(forms.ModelForm):
    def clean_phone_number(self):
        return canonical_phone_number(self.cleaned_data["phone_number"])

    def clean(self):
        """What was proved is the former number, not the one that takes its place."""
        if "phone_number" in self.changed_data and "phone_number_verified" not in self.changed_data:
            self.cleaned_data["phone_number_verified"] = False
        return super().clean()


class DetailsInline(admin.StackedInline):
    model = Details
    form = DetailsForm
    extra = 0


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """No password here, nor a way to set one: the owner has « Mot de passe oublié »."""

    list_display = ["email", "created_at", "activated_at", "is_active", "is_staff"]
    list_filter = ["is_active", "is_staff", ("activated_at", admin.EmptyFieldListFilter)]
    search_fields = ["email"]
    ordering = ["-created_at"]
    fields = ["email", "language", "is_active", "is_staff", "groups"]
    readonly_fields = ["email", "is_active"]
    inlines = [IdentityInline, DetailsInline]
    actions = ["suspend", "restore"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_related(self, request, form, formsets, change):
        """The last step of saving: what changed on the whole page is dated and written down."""
        super().save_related(request, form, formsets, change)
        forms_of_the_page = [form, *(inline for formset in formsets for inline in formset.forms)]
        fields = [name for each in forms_of_the_page for name in each.changed_data]
        if fields:
            form.instance.updated_at = timezone.now()
            form.instance.save(update_fields=["updated_at"])
        audit.record("staff_change", user=form.instance, actor=request.user, fields=fields)

    @admin.action(description=_("Suspendre ces comptes"), permissions=["change"])
    def suspend(self, request, queryset):
        for user in queryset:
            suspension.suspend(user, actor=request.user)

    @admin.action(description=_("Rouvrir ces comptes"), permissions=["change"])
    def restore(self, request, queryset):
        for user in queryset:
            suspension.restore(user, actor=request.user)


@admin.register(Session)
class SessionAdmin(admin.ModelAdmin):
    """Who is signed in, on what; nothing to sign in with."""

    list_display = ["user", "device", "network", "authenticated_at", "seen_at"]
    search_fields = ["user__email"]
    fields = readonly_fields = [
        "user",
        "device",
        "network",
        "authenticated_at",
        "seen_at",
        "ends_at",
    ]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        """Those that ran out sign nobody in, though their rows wait (accounts.purge)."""
        return super().get_queryset(request).filter(pk__in=Session.objects.alive())

    def delete_model(self, request, obj):
        sessions.end(Session.objects.filter(pk=obj.pk), reason="staff")

    def delete_queryset(self, request, queryset):
        sessions.end(Session.objects.filter(pk__in=queryset.values("pk")), reason="staff")
