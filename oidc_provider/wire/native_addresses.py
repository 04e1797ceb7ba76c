"""Where an application of a phone or a computer is answered (RFC 8252, section 7).

A private-use scheme (7.1), a port of the device itself (7.3), or an https address that the system
has verified (7.2). Nothing proves whose the first two are: any application may take them (8.6).
"""

import re

from oidc_provider.models import RelyingParty

# Lower case only: schemes are compared as strings. With a dot: the reversed name of a domain that
# the maker holds (7.1), and never javascript:, data: or a scheme of the system's own.
PRIVATE_USE = re.compile(r"(?P<scheme>[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+):/.*")
LOOPBACK = re.compile(
    r"(?P<origin>http://(?:127\.0\.0\.1|\[::1\]))(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>[/?].*)?"
)
MAX_PORT = 65_535
IPV6 = "http://[::1]"


def private_scheme(uri: str) -> str:
    """The private-use scheme of this address; empty when it has none."""
    found = PRIVATE_USE.fullmatch(uri)
    return found["scheme"] if found else ""


def without_port(uri: str) -> str:
    """An address of the device itself, as it is compared; empty for any other address."""
    found = LOOPBACK.fullmatch(uri)
    if not found or int(found["port"] or 0) > MAX_PORT:
        return ""
    return found["origin"] + (found["rest"] or "")


def takes_a_form(uri: str) -> bool:
    """Can a page send a form there? A system hands an application an address and nothing else,
    and a Content-Security-Policy cannot name an IPv6 address."""
    return not private_scheme(uri) and not uri.startswith(IPV6)


def is_among(uri: str, registered: str, partner: RelyingParty) -> bool:
    """Is it one of these, by simple string comparison (RFC 9700, section 4.1.3)?

    RFC 8252, section 7.3: the system chooses a native application's port when it listens, so any
    port of the device is as good. For nobody else: a site's port says which site it is.
    """
    addresses = registered.split()
    if uri in addresses:
        return True
    local = without_port(uri) if partner.is_native else ""
    return bool(local) and local in map(without_port, addresses)


def proves_whose(uri: str, partner: RelyingParty) -> bool:
    """Does only this partner get what is sent there (RFC 8252, section 8.6)?"""
    return not partner.is_native or uri.startswith("https://")
