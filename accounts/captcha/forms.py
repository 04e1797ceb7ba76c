"""The test in a Django form: mix in ``CaptchaFormMixin``, give it the request's ``captcha``."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.captcha.captcha import Captcha

FIELD = "captcha"


class CaptchaWidget(forms.Widget):
    """The whole test: fieldset, legend, error, pictures or sound, buttons."""

    def __init__(self, captcha: Captcha):
        super().__init__()
        self.captcha = captcha

    def render(self, name, value, attrs=None, renderer=None):
        context = {"captcha": self.captcha, "id": (attrs or {}).get("id", f"id_{FIELD}")}
        return render_to_string("accounts/captcha/field.html", context)

    def value_from_datadict(self, data, files, name):
        return None

    def value_omitted_from_data(self, data, files, name):
        return False

    def __deepcopy__(self, memo):
        # The captcha belongs to the request: copying it would draw another test.
        return type(self)(self.captcha)


class CaptchaField(forms.Field):
    """Valid when the visitor passed the test. Its value is of no interest."""

    def __init__(self, captcha: Captcha):
        super().__init__(
            required=False,
            label=_("Vérification"),
            widget=CaptchaWidget(captcha),
            template_name="accounts/captcha/group.html",
        )
        self.captcha = captcha

    def clean(self, value):
        error = self.captcha.check()
        if error:
            raise ValidationError(error, code="captcha")


class CaptchaFormMixin:
    """Adds the field ``captcha`` to a form, placed by the form's ``field_order``.

    ``captcha=None`` (a sign-in without too many failures) and the backend ``none`` add nothing.
    While one of the test's own buttons was pressed, the form keeps what was typed, has no error
    and is not valid: the view shows it again as it would an erroneous one.
    """

    def __init__(self, *args, captcha: Captcha | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.captcha = captcha
        if captcha is not None and settings.CAPTCHA_BACKEND != "none":
            self.fields[FIELD] = CaptchaField(captcha)
            self.order_fields(self.field_order)

    def full_clean(self):
        if self._is_being_changed:
            self._errors = ErrorDict(renderer=self.renderer)
            self.cleaned_data = {}
        else:
            super().full_clean()

    def is_valid(self) -> bool:
        return not self._is_being_changed and super().is_valid()

    def redeem_captcha(self, use: str = "") -> bool:
        """Spend the passed test; when it is spent already, add the error and return False."""
        if self.captcha is None or self.captcha.redeem(use):
            return True
        self.add_error(FIELD, self.captcha.error)
        return False

    @property
    def _is_being_changed(self) -> bool:
        return FIELD in self.fields and self.is_bound and self.captcha.wants_change
