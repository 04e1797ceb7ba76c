"""Partners in the administration site. Registration goes through partners.registration."""

import json

from django import forms
from django.contrib import admin
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from ncconnect.administration import ModelAdmin, ReadOnly
from ncconnect.json_field import JSONField
from ncconnect.staff_forms import StaffForm
from oidc_provider.models import AliasUse, RelyingParty, RelyingPartySecret
from oidc_provider.partners.metadata import InvalidMetadata
from oidc_provider.partners.registration import (
    accept,
    check_update,
    describe,
    reopen,
    store,
    suspend,
)


class Readable(json.JSONEncoder):
    """JSON laid out for people."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs | {"indent": 2})


class MetadataForm(StaffForm):
    """One field: the client metadata, as the register_relying_party command reads it."""

    metadata = JSONField(
        label=_("Métadonnées du client (RFC 7591)"),
        encoder=Readable,
        widget=forms.Textarea(attrs={"rows": 30, "cols": 100}),
    )

    class Meta:
        model = RelyingParty
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["metadata"] = describe(self.instance)

    def clean_metadata(self) -> dict:
        """Judged here, once: ``accepted`` is what the site then stores."""
        metadata = self.cleaned_data["metadata"]
        try:
            self.accepted = accept(metadata)
            check_update(self.instance, self.accepted.fields)
        except InvalidMetadata as error:
            raise forms.ValidationError(error.faults) from None
        self._check_client_id(metadata.get("client_id"))
        return metadata

    def _check_client_id(self, client_id: str | None) -> None:
        if self.instance.pk:
            if client_id != self.instance.client_id:
                raise forms.ValidationError(_("client_id : il ne change jamais."))
        elif RelyingParty.objects.filter(client_id=client_id).exists():
            raise forms.ValidationError(
                _("client_id : un service est déjà enregistré sous ce nom.")
            )


class SecretInline(admin.TabularInline):
    """That there are secrets, and which is in use; never what they are."""

    model = RelyingPartySecret
    fields = readonly_fields = ("created_at", "last_used_at")
    extra = 0

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    has_change_permission = has_add_permission


class RelyingPartyAdmin(ModelAdmin):
    form = MetadataForm
    inlines = [SecretInline]
    list_display = ("name", "client_id", "is_active", "consent", "updated")
    list_filter = ("is_active", "consent")
    search_fields = ("name", "client_id")
    readonly_fields = ("is_active", "sector", "created", "updated")
    fields = ("metadata", *readonly_fields)
    actions = ["suspend_partners", "reopen_partners"]

    def has_delete_permission(self, request, obj=None) -> bool:
        """A partner is suspended; what it was given stays explained."""
        return False

    def changeform_view(self, request, *args, **kwargs):
        """Where the database refuses what was just judged right, it is judged a second time.

        Somebody signed in at the partner meanwhile, or added it: now the form sees it, and says so.
        """
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (InvalidMetadata, IntegrityError):
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request, obj, form, change) -> None:
        """No secret is made here: staff would see it. The command renew_client_secret tells one."""
        registered = store(
            form.accepted, actor=request.user, tell_secret=False, only_new=not change
        )
        obj.__dict__.update(registered.relying_party.__dict__)

    @admin.action(description=_("Fermer ces services"))
    def suspend_partners(self, request, queryset) -> None:
        for partner in queryset.filter(is_active=True):
            suspend(partner, actor=request.user)

    @admin.action(description=_("Rouvrir ces services"))
    def reopen_partners(self, request, queryset) -> None:
        for partner in queryset.filter(is_active=False):
            reopen(partner, actor=request.user)


@admin.register(AliasUse)
class AliasUseAdmin(ReadOnly):
    """Who has still to move from v2 and v3 (oidc_provider.legacy)."""

    list_display = ("relying_party", "family", "endpoint", "last_used_at")
    list_filter = ("family", "last_used_at")
    list_select_related = ("relying_party",)
    search_fields = ("relying_party__name", "relying_party__client_id")
