"""Apache with mod_auth_openidc, Debian's: a site that knows no OpenID Connect stands behind it."""

import http.server
import json
import os
import pwd
import shutil
import subprocess
import threading
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.clients.conftest import SECRET, need
from tests.clients.front import wait_for
from tests.services import free_port, unprivileged_user

pytestmark = [pytest.mark.clients, pytest.mark.slow]
MODULES = Path("/usr/lib/apache2/modules")
CLIENT_ID = "mod-auth-openidc"
CONFIGURATION = """
ServerRoot {place}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {place}/apache.pid
DefaultRuntimeDir {place}
Mutex file:{place}
ErrorLog {place}/error.log
{rights}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCCABundlePath {ca}
OIDCClientID {client_id}
OIDCClientSecret {secret}
OIDCRedirectURI {home}espace/retour
OIDCCryptoPassphrase not-a-secret-of-the-site
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCPassRefreshToken On

<Location /espace/>
  AuthType openid-connect
  Require valid-user
  ProxyPass http://127.0.0.1:{upstream}/
</Location>
<Location /espace/retour>
  ProxyPass !
</Location>
"""


class Application(http.server.BaseHTTPRequestHandler):
    """The site behind Apache: it shows the headers that came with the request."""

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments) -> None:
        """Nothing to say."""


@pytest.fixture
def application():
    """Its port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def site(provider, application):
    """Apache's address, with a slash; it ends with the test."""
    need(shutil.which("apache2"), "apache2")
    need((MODULES / "mod_auth_openidc.so").exists(), "libapache2-mod-auth-openidc")
    port = free_port()
    home = f"http://127.0.0.1:{port}/"
    provider.registers(
        client_id=CLIENT_ID,
        redirect_uris=[f"{home}espace/retour"],
        post_logout_redirect_uris=[home],
    )
    place = provider.place / "apache"
    place.mkdir()
    user = unprivileged_user()
    if user:
        os.chown(place, pwd.getpwnam(user).pw_uid, -1)
    configuration = CONFIGURATION.format(
        place=place,
        port=port,
        rights=f"User {user}" if user else "",
        modules=MODULES,
        issuer=provider.issuer,
        ca=provider.ca,
        client_id=CLIENT_ID,
        secret=SECRET,
        home=home,
        upstream=application,
    )
    (place / "apache.conf").write_text(configuration)
    with (place / "output.log").open("wb") as output:
        process = subprocess.Popen(
            ["apache2", "-f", str(place / "apache.conf"), "-DFOREGROUND"],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(port, process, place / "output.log")
        yield home
    finally:
        process.terminate()
        process.wait(20)


def test_it_signs_in_passes_claims_refreshes_and_signs_out(provider, person, site):
    page = f"{site}espace/"
    address = person.opens(page, until=provider.origin)
    person.opens(person.signs_in(address, until=site))
    first = person.page.json()
    assert first["oidc_claim_email"] == person.account.email
    assert first["oidc_claim_acr"] == "eidas1"
    assert first["oidc_claim_iss"] == provider.issuer

    hook = {"refresh": page, "access_token": first["oidc_access_token"]}
    assert person.opens(f"{page}retour?{urlencode(hook)}") == page
    second = person.page.json()
    assert second["oidc_access_token"] != first["oidc_access_token"]
    assert second["oidc_claim_sub"] == first["oidc_claim_sub"]

    leave = f"{page}retour?{urlencode({'logout': site})}"
    assert person.opens(leave, until=f"{site}?") == site
    person.opens(page)
    assert "login-title" in person.page.text  # signed out of the provider too
