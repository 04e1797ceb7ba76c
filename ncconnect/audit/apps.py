from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ncconnect import purge


class AuditConfig(AppConfig):
    name = "ncconnect.audit"
    verbose_name = _("Journal d’audit")

    def ready(self) -> None:
        from ncconnect.audit import retention

        purge.register("audit", retention.purge)
