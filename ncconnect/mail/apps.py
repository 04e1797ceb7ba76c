from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ncconnect import health, metrics, purge


class MailConfig(AppConfig):
    name = "ncconnect.mail"
    verbose_name = _("E-mails")

    def ready(self) -> None:
        from ncconnect.mail import delivery

        purge.register("mails sent", delivery.purge_sent)
        purge.register("mails given up", delivery.purge_dead)
        metrics.register_gauges(delivery.gauges)
        health.register("oldest_mail_seconds", delivery.oldest, needed=False)
