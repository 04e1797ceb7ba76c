from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Comptes"

    def ready(self) -> None:
        from accounts import emails, purge  # noqa: F401  (mails register by being imported)
        from accounts.captcha import checks  # noqa: F401  (so do checks)

        purge.register()
