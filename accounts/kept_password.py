"""A new password stays with its form: a page that is shown again does not ask for it again.

What was typed travels in the page, sealed for that browser and that form, for half an hour. The
server keeps nothing of it and hashes nothing for it (docs/decisions).
"""

from datetime import timedelta

from django import forms
from django.forms.utils import ErrorDict

from accounts import passwords
from ncconnect.sealed import Seal, Unreadable

# Names of the hidden field, and of the button « Modifier ».
KEPT, CHANGE = "password_kept", "password_change"
TYPED = ("password1", "password2")

_SEAL = Seal("accounts.kept_password", version=1, age=timedelta(minutes=30))


class KeptPasswordMixin(forms.Form):
    """For a form with ``password1`` and ``password2``; ``browser`` names the one that shows it.

    While « Modifier » was pressed, the form keeps the rest, has no error and is not valid.
    """

    def __init__(self, *args, browser: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self._audience = f"{type(self).__name__} {browser}" if browser else ""
        self._kept = "" if self._is_being_typed else self._opened()

    def full_clean(self):
        if self.is_bound and CHANGE in self.data:
            self._errors = ErrorDict(renderer=self.renderer)
            self.cleaned_data = {}
        else:
            super().full_clean()

    def is_valid(self) -> bool:
        return CHANGE not in self.data and super().is_valid()

    def clean(self):
        """The password that was kept stands for the two fields that the page did not show."""
        cleaned = super().clean()
        if self._kept:
            for name in self._fields_for_it:
                self.errors.pop(name, None)
                cleaned[name] = self._kept
        return cleaned

    @property
    def kept(self) -> str:
        """What the page carries instead of the fields; empty when they are to be filled in."""
        if not self.is_bound or not self._audience or CHANGE in self.data:
            return ""
        if any(name in self.errors for name in TYPED):
            return ""
        password = self._kept or self._typed_well()
        return _SEAL.close(password, audience=self._audience) if password else ""

    @property
    def password_is_lost(self) -> bool:
        """Something was typed that the page does not keep: it is asked for again, in words."""
        return self.is_bound and self._is_being_typed and not self.kept

    @property
    def is_being_changed(self) -> bool:
        return self.is_bound and CHANGE in self.data

    def _typed_well(self) -> str:
        """What was typed, when it was the same each time and follows the rule."""
        typed = [self.data.get(name, "") for name in self._fields_for_it]
        first = typed[0]
        if not first or not all(passwords.are_the_same(first, other) for other in typed):
            return ""
        return "" if passwords.cheap_faults(first) else first

    def _opened(self) -> str:
        try:
            return _SEAL.open(self.data.get(KEPT, ""), audience=self._audience)
        except Unreadable:
            return ""

    @property
    def _is_being_typed(self) -> bool:
        return any(self.data.get(name) for name in TYPED)

    @property
    def _fields_for_it(self) -> list[str]:
        return [name for name in TYPED if name in self.fields]
