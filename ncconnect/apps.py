from django.apps import AppConfig
from django.contrib.admin import apps as administration


class NCConnectConfig(AppConfig):
    name = "ncconnect"
    default = True

    def ready(self) -> None:
        from ncconnect import checks, csrf  # noqa: F401  (checks: registered by being imported)

        csrf.draw_at_once()


class AdministrationConfig(administration.AdminConfig):
    """Django's administration, with our own site."""

    default_site = "ncconnect.administration.Site"
    default = False
