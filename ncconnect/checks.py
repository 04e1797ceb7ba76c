"""Deployment checks: what is well-formed one by one, and a bad idea in production."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import Error, Tags, register

from ncconnect.config import LOOPBACK_HOSTS


def _is_public() -> bool:
    return settings.HTTPS and urlsplit(settings.ISSUER).hostname not in LOOPBACK_HOSTS


@register(Tags.security, deploy=True)
def proxies_are_named(app_configs, **kwargs):
    """Behind a proxy that is not named, every request looks like http from one single client."""
    if _is_public() and not settings.TRUSTED_PROXIES:
        yield checks.Warning(
            "The issuer is https and TRUSTED_PROXIES is empty.",
            hint="X-Forwarded-Proto is not believed: browsers are redirected for ever, and all"
            " visitors share one rate limit. Name the address of the TLS proxy.",
            id="ncconnect.W002",
        )
    if any(network.prefixlen == 0 for network in settings.TRUSTED_PROXIES):
        yield Error(
            "TRUSTED_PROXIES trusts everybody.",
            hint="Anyone could choose the address that limits and the audit see.",
            id="ncconnect.E003",
        )


@register(Tags.security, deploy=True)
def metrics_are_private(app_configs, **kwargs):
    if any(network.prefixlen == 0 for network in settings.METRICS_ALLOW):
        yield checks.Warning("METRICS_ALLOW lets everybody read /metrics.", id="ncconnect.W004")
