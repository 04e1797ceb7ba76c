from django.apps import AppConfig

from ncconnect import purge


class RateLimitConfig(AppConfig):
    name = "ncconnect.ratelimit"

    def ready(self) -> None:
        from ncconnect.ratelimit import models

        purge.register("rate limits", models.purge)
