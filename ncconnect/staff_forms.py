"""Forms of staff act on what their page showed: what others changed meanwhile stays theirs.

A page of the administration may be open for an hour. Beside each field it carries the value that it
showed, so that the form knows what this agent changed, and whether a colleague, or the person,
changed the same thing meanwhile.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _


class StaffForm(forms.ModelForm):
    """A form of one row that exists, or of one to be made."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            for field in self.fields.values():
                field.show_hidden_initial = not field.disabled

    @property
    def changed_columns(self) -> set[str]:
        """What is to be written: the names of what this page changed, in the row itself."""
        columns = self.instance._meta.concrete_fields
        changed = {column.name for column in columns if column.name in self.changed_data}
        dated = {column.name for column in columns if getattr(column, "auto_now", False)}
        return changed | dated if changed else changed

    def clean(self):
        """Raises ValidationError where somebody gave the same field another value meanwhile."""
        cleaned = super().clean()
        taken = [name for name in self.changed_data if self._is_taken(name)]
        for name in taken:
            self.add_error(name, _changed_meanwhile())
        return cleaned

    def _is_taken(self, name: str) -> bool:
        field = self.fields[name]
        if self.instance._state.adding or not field.show_hidden_initial:
            return False
        shown = self[name].html_initial_name
        shown = field.hidden_widget().value_from_datadict(self.data, self.files, shown)
        now = self.get_initial_for_field(field, name)
        return field.has_changed(now, shown) and field.has_changed(now, self[name].data)

    def save_changes(self) -> models.Model:
        """Write the changed columns of a row that exists, and no other; returns the row."""
        if columns := self.changed_columns:
            self.instance.save(update_fields=columns)
        return self.instance

    def _save_m2m(self) -> None:
        """Lists (groups, permissions) too: only those that the page changed."""
        whole = self.cleaned_data
        self.cleaned_data = {n: v for n, v in whole.items() if n in self.changed_data}
        super()._save_m2m()
        self.cleaned_data = whole


class StaffFormSet(BaseInlineFormSet):
    """Rows beside a record."""

    def save_existing(self, form, obj, commit=True):
        return form.save_changes() if commit else super().save_existing(form, obj, commit)

    def save_new(self, form, commit=True):
        """A row of one's own key is inserted: Django would first look for one to write over."""
        row = super().save_new(form, commit=False)
        if commit:
            row.save(force_insert=True)
            form.save_m2m()
        return row

    def clean(self) -> None:
        """Raises ValidationError where a colleague added the one row that there can be."""
        super().clean()
        added = any(form.has_changed() for form in self.extra_forms)
        alone = self.fk.unique and self.model._default_manager.filter(
            **{self.fk.name: self.instance}
        )
        if added and alone and alone.exists():
            raise ValidationError(_changed_meanwhile())


def _changed_meanwhile() -> str:
    return _(
        "Quelqu’un a changé cette valeur depuis que cette page est ouverte. Rien n’a été "
        "enregistré : rouvrez la page, puis recommencez."
    )
