from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Comptes")

    def ready(self) -> None:
        from accounts import confirmation, emails, purge  # noqa: F401  (mails register so)
        from accounts.captcha import checks  # noqa: F401  (so do checks)
        from accounts.flows import closure

        confirmation.register("appareils", "accounts:devices", act=_("déconnecter un appareil"))
        purge.register()
        closure.listen()
