from django.apps import AppConfig


class NCConnectConfig(AppConfig):
    name = "ncconnect"

    def ready(self) -> None:
        from ncconnect import checks  # noqa: F401  (registered by being imported)
