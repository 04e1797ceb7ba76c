"""The person's pages. Addresses are French: people read them."""

from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("connexion/", views.SignIn.as_view(), name="sign_in"),
    path("inscription/", views.SignUp.as_view(), name="sign_up"),
    path("inscription/verification/", views.CheckMail.as_view(), name="check_mail"),
    path("inscription/invitation/<str:token>/", views.InvitedSignUp.as_view(), name="invited"),
    path("activation/", views.ActivationElsewhere.as_view(), name="activation_elsewhere"),
    path("activation/nouveau-lien/", views.ActivationRenewal.as_view(), name="activation_renewal"),
    path("activation/envoye/", views.MailSent.as_view(), name="mail_sent"),
    path("activation/terminee/", views.Activated.as_view(), name="activated"),
    path("activation/<str:token>/", views.follow_activation_link, name="activation"),
    path(
        "activation/<str:token>/<path:rest>", views.mend_activation_link, name="activation_mended"
    ),
    path("deconnexion/", views.SignOut.as_view(), name="sign_out"),
    path("deconnexion/terminee/", views.SignedOut.as_view(), name="signed_out"),
    path("mot-de-passe-oublie/", views.PasswordForgotten.as_view(), name="password_forgotten"),
    path("mot-de-passe-oublie/envoye/", views.PasswordSent.as_view(), name="password_sent"),
    path("mot-de-passe-oublie/termine/", views.PasswordDone.as_view(), name="password_done"),
    path("mot-de-passe-oublie/nouveau/", views.PasswordReset.as_view(), name="password_new"),
    path("mot-de-passe-oublie/<str:token>/", views.follow_reset_link, name="password_reset"),
    path(
        "mot-de-passe-oublie/<str:token>/<path:rest>",
        views.mend_reset_link,
        name="password_reset_mended",
    ),
    path(".well-known/change-password", views.change_password, name="change_password"),
    path("confirmer/", views.Confirm.as_view(), name="confirm"),
    path("mon-compte/", views.AccountHome.as_view(), name="home"),
    path("mon-compte/appareils/", views.Devices.as_view(), name="devices"),
    path("mon-compte/appareils/fin/", views.DeviceEnd.as_view(), name="device_end"),
    path("mon-compte/appareils/oubli/", views.DeviceForget.as_view(), name="device_forget"),
    path("mon-compte/informations/", views.Information.as_view(), name="information"),
    path("mon-compte/mot-de-passe/", views.PasswordChange.as_view(), name="password_change"),
]
