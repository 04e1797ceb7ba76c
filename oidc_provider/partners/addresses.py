"""What an address of a partner's registration may be, and what is told of one that may not."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from ncconnect.config import LOOPBACK_HOSTS
from oidc_provider.wire import native_addresses

# It stands in the headers of our pages (Content-Security-Policy): nothing there that ends a value.
HOST = re.compile(r"[a-z0-9._:-]+")
MAX_URI = 500
LOCALHOST = re.compile(r"http://localhost(?![a-z0-9.-])", re.IGNORECASE)


class Fault(ValueError):
    """One member is malformed; the text says what is expected."""


def uri(value: Any) -> str:
    """https, or http on a loopback host in demonstration mode; compared as a string ever after."""
    _check_characters(value)
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise Fault("expected an address") from None
    if not host or "@" in parts.netloc:
        raise Fault("expected an address with a host, and without a user name")
    if not HOST.fullmatch(host):
        raise Fault("expected a host of letters, digits, '.', '_' and '-'")
    local = settings.DEMO_MODE and parts.scheme == "http" and host in LOOPBACK_HOSTS
    if not local and not value.startswith("https://"):
        raise Fault("expected https://")
    return value


def _check_characters(value: Any) -> None:
    if not isinstance(value, str) or len(value) > MAX_URI or not value.isascii():
        raise Fault(f"expected an address of at most {MAX_URI} ASCII characters")
    if not value.isprintable() or any(letter in value for letter in ' <>"\\^`{}|'):
        raise Fault("expected an address without spaces or special characters")
    if "*" in value or "#" in value:
        raise Fault("expected an address without wildcard or fragment")


def uris(value: Any) -> str:
    """Addresses of a site."""
    return _each(_of_a_site, value)


def native_uris(value: Any) -> str:
    """Addresses of an application of a phone or a computer."""
    return _each(_of_an_application, value)


def _each(read, value: Any) -> str:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Fault("expected a list of texts")
    return " ".join(dict.fromkeys(map(read, value)))


def _of_a_site(value: str) -> str:
    try:
        return uri(value)
    except Fault as fault:
        meant_for_a_device = (
            native_addresses.private_scheme(value)
            or native_addresses.without_port(value)
            or LOCALHOST.match(value)
        )
        if not meant_for_a_device:
            raise
        said = "expected https:// for a site; an application of a phone or a computer declares "
        raise Fault(f'{said}"application_type": "native"') from fault


def _of_an_application(value: str) -> str:
    """RFC 8252, sections 7.1 to 7.3."""
    _check_characters(value)
    if value.startswith("https:"):
        return uri(value)
    if LOCALHOST.match(value):
        # Section 8.3: the name may lead to another interface, or to another machine.
        raise Fault("expected http://127.0.0.1 or http://[::1], not localhost (RFC 8252, 8.3)")
    if value.startswith("http:"):
        if not native_addresses.without_port(value):
            raise Fault("expected https://, http://127.0.0.1 or http://[::1] (RFC 8252, 7.3)")
    elif not native_addresses.private_scheme(value):
        raise Fault(
            "expected the reversed name of a domain of yours, in lower case, "
            "as in nc.exemple.app:/retour (RFC 8252, 7.1)"
        )
    return value
