"""Where the endpoints are: under the issuer's own path, whatever it is."""

from urllib.parse import urlsplit

from django.conf import settings

from oidc_provider.wire import native_addresses

ISSUER_PATH = urlsplit(settings.ISSUER).path.strip("/")
# For urls.py: no slash before, one after, empty at the root.
PREFIX = f"{ISSUER_PATH}/" if ISSUER_PATH else ""
WELL_KNOWN = f"{PREFIX}.well-known/openid-configuration"
# RFC 8414: between host and path (section 3.1), and after the path, as OpenID Connect has it
# (section 5). Without a path both are one.
_SERVER = ".well-known/oauth-authorization-server"
SERVER_METADATA = (f"{_SERVER}/{ISSUER_PATH}", f"{PREFIX}{_SERVER}") if ISSUER_PATH else (_SERVER,)
BASE = f"{PREFIX}oidc/"


def origin(uri: str) -> str:
    """The origin of an address (RFC 6454, section 4), as a CSP source; empty when it has none.

    Of a private-use scheme, the scheme (CSP 3, section 2.3.1: scheme-source). The grammar of a
    host-source knows no IPv6 address.
    """
    if scheme := native_addresses.private_scheme(uri):
        return f"{scheme}:"
    if uri.startswith(native_addresses.IPV6):
        return ""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""
