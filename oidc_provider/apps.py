from functools import partial

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OidcProviderConfig(AppConfig):
    name = "oidc_provider"
    verbose_name = "OpenID Connect"

    def ready(self) -> None:
        from accounts import confirmation, return_to
        from accounts.devices import reached
        from ncconnect import health, metrics, purge
        from oidc_provider import listeners
        from oidc_provider import purge as expired
        from oidc_provider.authorize import pending, views
        from oidc_provider.keys import keyring, rotation
        from oidc_provider.logout import notices
        from oidc_provider.partners import relying_parties
        from oidc_provider.self_care import sessions

        return_to.register(pending.PATH_PREFIX, partial(pending.destination, finish=views.finish))
        reached.register(sessions.reached)
        confirmation.register("not_me", "not_me", act=_("fermer votre compte à d’autres que vous"))
        purge.register("oidc", expired.purge)
        purge.register("logout notices", notices.purge)
        metrics.register_gauges(notices.gauges)
        metrics.register_gauges(rotation.gauges)
        health.register("signing_keys", lambda: len(keyring.ring().signing))
        relying_parties.listen()
        listeners.listen()
