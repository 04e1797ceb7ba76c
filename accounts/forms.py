"""Forms: is this input well-formed and acceptable? Nothing is sent, nobody is signed in."""

import difflib

from django import forms
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import passwords
from accounts.captcha.forms import CaptchaFormMixin
from accounts.email_identity import InvalidEmail, canonical
from accounts.kept_password import KeptPasswordMixin
from accounts.models import User
from ncconnect import durations, text

# Domains that people here write every day; a near miss of one is probably a slip.
USUAL_DOMAINS = (
    *("lagoon.nc", "mls.nc", "canl.nc", "nautile.nc", "offratel.nc", "gouv.nc", "ac-noumea.nc"),
    *("province-sud.nc", "gmail.com", "hotmail.com", "hotmail.fr", "outlook.com", "outlook.fr"),
    *("live.fr", "live.com", "yahoo.com", "yahoo.fr", "icloud.com", "orange.fr", "free.fr"),
    *("sfr.fr", "wanadoo.fr", "laposte.net", "protonmail.com", "proton.me"),
)
# Real domains that look like one of them.
NOT_A_SLIP = {"mail.com", "email.com", "ymail.com", "gmx.com", "sfr.net", "free.nc"}
SLIP_LIKENESS = 0.85


class EmailField(forms.CharField):
    """An address in its canonical form."""

    widget = forms.EmailInput
    default_error_messages = {
        "required": gettext_lazy("Saisissez votre adresse e-mail."),
    }

    def __init__(self, *, autocomplete: str, **kwargs):
        attrs = {
            "autocomplete": autocomplete,
            "autocapitalize": "none",
            "spellcheck": "false",
            "size": 30,
        }
        super().__init__(max_length=320, widget=forms.EmailInput(attrs=attrs), **kwargs)

    def clean(self, value):
        value = super().clean(value)
        try:
            return canonical(value)
        except InvalidEmail as error:
            raise forms.ValidationError(email_fault(error), code="invalid") from None


def email_fault(error: InvalidEmail) -> str:
    """What is wrong with an address. The character is named: it may be one that nobody sees."""
    if not error.character:
        return _("L’adresse e-mail doit avoir la forme nom@exemple.nc.")
    if error.character.isspace():
        return _("L’adresse e-mail ne doit pas contenir d’espace.")
    return _("L’adresse e-mail ne peut pas contenir %(character)s à cet endroit.") % {
        "character": text.named(error.character)
    }


class PasswordField(forms.CharField):
    """A password as it was typed: no trim, no change; never echoed."""

    def __init__(self, *, autocomplete: str, **kwargs):
        attrs = {"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}
        widget = forms.PasswordInput(attrs=attrs, render_value=False)
        super().__init__(strip=False, widget=widget, **kwargs)


class NewPasswordMixin(KeptPasswordMixin):
    """A new password, twice: the notice's rule is shown before it is broken."""

    password1 = PasswordField(
        label=gettext_lazy("Nouveau mot de passe"),
        autocomplete="new-password",
        error_messages={"required": gettext_lazy("Choisissez un mot de passe.")},
    )
    password2 = PasswordField(
        label=gettext_lazy("Confirmez votre mot de passe"),
        autocomplete="new-password",
        error_messages={"required": gettext_lazy("Confirmez votre mot de passe.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = password_rule()
        if not settings.SIGNUP_DOUBLE_ENTRY:
            del self.fields["password2"]

    def password_owner_email(self) -> str:
        """The address that the password must not be made of."""
        return self.cleaned_data.get("email", "")

    def clean(self):
        cleaned = super().clean()
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first:
            for fault in passwords.cheap_faults(first):
                self.add_error("password1", fault)
        if first and second and not passwords.are_the_same(first, second):
            self.add_error("password1", _("Saisissez de nouveau le mot de passe."))
            self.add_error("password2", _("Les deux mots de passe sont différents."))
        return cleaned

    def _post_clean(self):
        """What is dear comes last, for a form that is right in everything else."""
        super()._post_clean()
        if not self.errors:
            for fault in passwords.dear_faults(
                self.cleaned_data["password1"], email=self.password_owner_email()
            ):
                self.add_error("password1", fault)


def password_rule() -> SafeString:
    return format_html(
        "{} <ul><li>{}</li> <li>{}</li> <li>{}</li></ul>",
        _("Au moins %(n)d caractères. S’il fait moins de 14 caractères, il doit contenir :")
        % {"n": settings.PASSWORD_MIN_LENGTH},
        _("une majuscule,"),
        _("une minuscule,"),
        _("un chiffre."),
    )


class TermsField(forms.BooleanField):
    default_error_messages = {
        "required": gettext_lazy(
            "Acceptez les conditions générales d’utilisation pour créer votre compte."
        )
    }


class SignUpForm(CaptchaFormMixin, NewPasswordMixin):
    """The notice's page: the address twice, the password twice, the captcha, the terms."""

    password1 = PasswordField(
        label=gettext_lazy("Mot de passe"),
        autocomplete="new-password",
        error_messages={"required": gettext_lazy("Choisissez un mot de passe.")},
    )
    email = EmailField(
        label=gettext_lazy("Adresse e-mail"),
        autocomplete="username",
        help_text=gettext_lazy("Exemple : prenom.nom@exemple.nc"),
    )
    email2 = EmailField(
        label=gettext_lazy("Confirmez votre adresse e-mail"),
        autocomplete="email",
        error_messages={"required": gettext_lazy("Confirmez votre adresse e-mail.")},
    )
    # The address that the person was asked about, and keeps.
    email_kept = forms.CharField(required=False, widget=forms.HiddenInput)
    cgu = TermsField(label=gettext_lazy("J’accepte les conditions générales d’utilisation"))

    field_order = ["email", "email2", "email_kept", "password1", "password2", "captcha", "cgu"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.suggestion = ""
        if not settings.SIGNUP_DOUBLE_ENTRY:
            del self.fields["email2"]

    def clean(self):
        cleaned = super().clean()
        email, again = cleaned.get("email"), cleaned.get("email2")
        if email and again and email != again:
            self.add_error("email2", _("Les deux adresses e-mail sont différentes. Vérifiez-les."))
        elif email and email != cleaned.get("email_kept"):
            self._ask_about(email)
        return cleaned

    def _ask_about(self, email: str) -> None:
        """Ask once about an address that looks like a slip; the same address is then accepted."""
        self.suggestion = near_miss(email)
        if self.suggestion:
            self.data = self.data.copy()
            self.data["email_kept"] = email
            self.add_error(
                "email",
                _(
                    "Vouliez-vous dire %(suggestion)s ? Corrigez votre adresse, "
                    "ou envoyez de nouveau le formulaire pour la conserver."
                )
                % {"suggestion": self.suggestion},
            )


def near_miss(email: str) -> str:
    """The address that was probably meant; empty when the domain is no near miss of a usual one."""
    name, _at, domain = email.rpartition("@")
    if domain in USUAL_DOMAINS or domain in NOT_A_SLIP:
        return ""
    close = difflib.get_close_matches(domain, USUAL_DOMAINS, n=1, cutoff=SLIP_LIKENESS)
    return f"{name}@{close[0]}" if close else ""


class SignInForm(forms.Form):
    """An address and a password. Whether they are right is for the flow to say."""

    unchanging = ("username", "password", "shared")

    username = EmailField(
        label=gettext_lazy("Adresse e-mail"),
        autocomplete="username",
        help_text=gettext_lazy("Exemple : prenom.nom@exemple.nc"),
    )
    password = PasswordField(
        label=gettext_lazy("Mot de passe"),
        autocomplete="current-password",
        error_messages={"required": gettext_lazy("Saisissez votre mot de passe.")},
    )
    shared = forms.BooleanField(
        label=format_lazy(
            gettext_lazy("C’est un ordinateur partagé : déconnectez-moi après {time}"),
            time=durations.lazily(settings.SHARED_SESSION_IDLE_TIME),
        ),
        help_text=gettext_lazy(
            "À la mairie, à la médiathèque, sur le téléphone d’un ami, cochez cette case : "
            "rien n’y sera retenu."
        ),
        required=False,
    )


class GuardedSignInForm(CaptchaFormMixin, SignInForm):
    """The same, after too many failures: the captcha buys another try."""

    field_order = ["username", "password", "captcha", "shared"]


class ActivationForm(forms.Form):
    """The password chosen at sign-up, asked in a browser that did not sign up."""

    password = PasswordField(
        label=gettext_lazy("Mot de passe choisi à l’inscription"),
        autocomplete="current-password",
        error_messages={"required": gettext_lazy("Saisissez votre mot de passe.")},
    )


class ConfirmationForm(forms.Form):
    """The password of whoever is signed in already. Whether it is right is for the flow to say."""

    password = PasswordField(
        label=gettext_lazy("Mot de passe"),
        autocomplete="current-password",
        error_messages={"required": gettext_lazy("Saisissez votre mot de passe.")},
    )


class PasswordForgottenForm(forms.Form):
    email = EmailField(
        label=gettext_lazy("Adresse e-mail"),
        autocomplete="username",
        help_text=gettext_lazy("Exemple : prenom.nom@exemple.nc"),
    )


class PasswordResetForm(NewPasswordMixin):
    """A new password; a person whose account is still waiting accepts the terms as well."""

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.is_activated:
            self.fields["cgu"] = TermsField(
                label=_("J’accepte les conditions générales d’utilisation")
            )

    def password_owner_email(self) -> str:
        return self.user.email


class PasswordChangeForm(NewPasswordMixin):
    current = PasswordField(
        label=gettext_lazy("Mot de passe actuel"),
        autocomplete="current-password",
        error_messages={"required": gettext_lazy("Saisissez votre mot de passe actuel.")},
    )

    field_order = ["current", "password1", "password2"]

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def password_owner_email(self) -> str:
        return self.user.email
