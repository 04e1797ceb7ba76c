"""The person's pages: form in, one flow call, redirect."""

from accounts.views.account import AccountHome, Information, PasswordChange, change_password
from accounts.views.activation import (
    Activated,
    ActivationElsewhere,
    ActivationRenewal,
    MailSent,
    follow_activation_link,
    mend_activation_link,
)
from accounts.views.confirmation import Confirm
from accounts.views.devices import DeviceEnd, DeviceForget, Devices
from accounts.views.invitation import InvitedSignUp
from accounts.views.password import (
    PasswordDone,
    PasswordForgotten,
    PasswordReset,
    PasswordSent,
    follow_reset_link,
    mend_reset_link,
)
from accounts.views.sign_in import SignedOut, SignIn, SignOut
from accounts.views.sign_up import CheckMail, SignUp

__all__ = [
    "AccountHome",
    "Activated",
    "ActivationElsewhere",
    "ActivationRenewal",
    "CheckMail",
    "Confirm",
    "DeviceEnd",
    "DeviceForget",
    "Devices",
    "Information",
    "InvitedSignUp",
    "MailSent",
    "PasswordChange",
    "PasswordDone",
    "PasswordForgotten",
    "PasswordReset",
    "PasswordSent",
    "SignIn",
    "SignOut",
    "SignUp",
    "SignedOut",
    "change_password",
    "follow_activation_link",
    "follow_reset_link",
    "mend_activation_link",
    "mend_reset_link",
]
