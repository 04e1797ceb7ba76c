"""What support sees of a person: enough to help, nothing to sign in with."""

import contextlib
from typing import ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import admin as auth
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import civil_status
from accounts.email_identity import InvalidEmail, canonical
from accounts.flows import invitation, sessions, suspension
from accounts.models import Details, Identity, Invitation, Session, User
from ncconnect import audit, text
from ncconnect.administration import ModelAdmin, StackedInline
from ncconnect.json_field import JSONField
from ncconnect.staff_forms import StaffForm


class AddressSearch(ModelAdmin):
    """A search for an address finds it however it was copied (accounts.email_identity)."""

    def get_search_results(self, request, queryset, search_term):
        with contextlib.suppress(InvalidEmail):
            search_term = canonical(search_term)
        return super().get_search_results(request, queryset, search_term)


class PersonForm(StaffForm):
    """Names are kept in one form, as the commands keep them (ncconnect.text.line)."""

    def clean(self):
        cleaned = super().clean()
        lines = {n: v for n, v in cleaned.items() if isinstance(v, str) and "\n" not in v}
        cleaned.update((name, text.line(value)) for name, value in lines.items())
        return cleaned


class IdentityForm(PersonForm):
    class Meta:
        field_classes: ClassVar = {"given_names": JSONField}

    def clean_given_names(self) -> list[str]:
        """What claims are made of: a list, which keeps compound names whole."""
        names = self.cleaned_data["given_names"] or []
        civil_status.check_names(names)
        return [text.line(name) for name in names]


class IdentityInline(StackedInline):
    model = Identity
    form = IdentityForm
    extra = 0


class DetailsForm(PersonForm):
    def clean_phone_number(self):
        return text.phone_number(self.cleaned_data["phone_number"])

    def clean(self):
        """What was proved is the former number, not the one that takes its place."""
        if "phone_number" in self.changed_data and "phone_number_verified" not in self.changed_data:
            self.cleaned_data["phone_number_verified"] = False
        return super().clean()

    @property
    def changed_columns(self) -> set[str]:
        changed = super().changed_columns
        return changed | {"phone_number_verified"} if "phone_number" in changed else changed


class DetailsInline(StackedInline):
    model = Details
    form = DetailsForm
    extra = 0


POWERS = ["is_staff", "groups"]


@admin.register(User)
class UserAdmin(AddressSearch):
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

    def get_readonly_fields(self, request, obj=None):
        """Powers are given by who decides on groups, and by nobody to themselves."""
        gives_powers = request.user.has_perm("auth.change_group") and obj != request.user
        return self.readonly_fields if gives_powers else [*self.readonly_fields, *POWERS]

    def save_related(self, request, form, formsets, change):
        """The last step of saving: what changed on the whole page is dated and written down."""
        super().save_related(request, form, formsets, change)
        forms_of_the_page = [form, *(inline for formset in formsets for inline in formset.forms)]
        fields = [name for each in forms_of_the_page for name in each.changed_data]
        if fields:
            form.instance.updated_at = timezone.now()
            form.instance.save(update_fields=["updated_at"])
        powers = {"is_staff": form.instance.is_staff} if "is_staff" in fields else {}
        if "groups" in fields:
            powers["groups"] = sorted(form.instance.groups.values_list("name", flat=True))
        audit.record(
            "staff_change", user=form.instance, actor=request.user, fields=fields, **powers
        )

    @admin.action(description=_("Suspendre ces comptes"), permissions=["change"])
    def suspend(self, request, queryset):
        for user in queryset:
            suspension.suspend(user, actor=request.user)

    @admin.action(description=_("Rouvrir ces comptes"), permissions=["change"])
    def restore(self, request, queryset):
        for user in queryset:
            suspension.restore(user, actor=request.user)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ModelAdmin, auth.GroupAdmin):
    """May be given what this site can do: all of it goes in one form."""

    def has_change_permission(self, request, obj=None):
        """Nobody gives themselves powers: who is in a group looks at it, and others change it."""
        own = obj is not None and request.user.groups.filter(pk=obj.pk).exists()
        return not own and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        own = obj is not None and request.user.groups.filter(pk=obj.pk).exists()
        return not own and super().has_delete_permission(request, obj)

    def formfield_for_manytomany(self, db_field, request=None, **options):
        field = super().formfield_for_manytomany(db_field, request, **options)
        if db_field.name == "permissions":
            shown = ContentType.objects.get_for_models(*self.admin_site._registry).values()
            field.queryset = field.queryset.filter(content_type__in=shown)
        return field

    def save_related(self, request, form, formsets, change):
        """Who gave whom which powers: they are known once the lists are saved."""
        super().save_related(request, form, formsets, change)
        _record_group(form.instance, request, form.instance.permissions)

    def delete_model(self, request, obj):
        _record_group(obj, request, Permission.objects.none())
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        for group in queryset:
            self.delete_model(request, group)


def _record_group(group: Group, request, permissions) -> None:
    may = sorted(permissions.values_list("codename", flat=True))
    audit.record("group_changed", actor=request.user, group=group.name, permissions=may)


@admin.register(Session)
class SessionAdmin(AddressSearch):
    """Who is signed in, on what; nothing to sign in with."""

    list_display = ["user", "device_name", "network", "authenticated_at", "seen_at"]
    search_fields = ["user__email"]
    fields = readonly_fields = [
        "user",
        "device_name",
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

    @admin.display(description=_("appareil"), ordering="browser")
    def device_name(self, session):
        return session.device_label

    def delete_model(self, request, obj):
        sessions.end(Session.objects.filter(pk=obj.pk), reason="staff", actor=request.user)

    def delete_queryset(self, request, queryset):
        ended = Session.objects.filter(pk__in=queryset.values("pk"))
        sessions.end(ended, reason="staff", actor=request.user)


class InvitationForm(StaffForm):
    """An address that may sign up without the test; sending the link is the flow's."""

    language = forms.ChoiceField(label=_("langue"), choices=settings.LANGUAGES)

    class Meta:
        model = Invitation
        fields = ["email"]

    def clean_email(self) -> str:
        """In the one form that every door reads; of somebody who has no account yet."""
        try:
            email = canonical(self.cleaned_data["email"])
        except InvalidEmail:
            raise forms.ValidationError(_("Cette adresse ne peut pas être utilisée.")) from None
        if User.objects.filter(email=email, activated_at__isnull=False).exists():
            raise forms.ValidationError(_("Cette adresse a déjà un compte."))
        return email


@admin.register(Invitation)
class InvitationAdmin(ModelAdmin):
    """For those who can neither see nor hear the test: a link by mail, good once."""

    form = InvitationForm
    list_display = ["email", "created_at", "expires_at", "used_at", "invited_by"]
    search_fields = ["=email"]
    ordering = ["-created_at"]

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        """Through the flow, which writes the row, the mail and the trail."""
        data = form.cleaned_data
        sent = invitation.invite(email=data["email"], language=data["language"], actor=request.user)
        obj.pk, obj.expires_at = sent.pk, sent.expires_at
