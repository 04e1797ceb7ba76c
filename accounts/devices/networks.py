"""Networks in words. No place is named: where a network is cannot be known here, only guessed."""

import ipaddress
from collections.abc import Collection, Iterable
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.devices.models import Device

USUAL_AFTER = timedelta(days=7)


def usual(devices: Iterable[Device]) -> set[str]:
    """Where the devices are that are known for a week: whoever has just got in is not at home."""
    old = timezone.now() - USUAL_AFTER
    return {device.network for device in devices if device.first_at <= old}


def label(network: str, *, here: str, usual: Collection[str]) -> str:
    """``here``: the network of the person who reads; ``usual``: as above.

    Empty where none was written down.
    """
    if not network:
        return ""
    if network == here:
        return _("ce réseau (%(number)s)") % {"number": _short(network)}
    if network in usual:
        return _("un réseau habituel (%(number)s)") % {"number": _short(network)}
    return _("un autre réseau (%(number)s)") % {"number": _short(network)}


def _short(network: str) -> str:
    """Enough to compare with, too little to write down: 192.0.2…, 2001:db8…"""
    try:
        address = ipaddress.ip_network(network, strict=False).network_address
    except ValueError:
        return "…"
    if address.version == 4:
        return f"{str(address).rpartition('.')[0]}…"
    return ":".join(address.exploded.split(":")[:2]) + "…"
