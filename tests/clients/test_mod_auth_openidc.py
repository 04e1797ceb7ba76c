"""Apache with mod_auth_openidc, Debian's: a site that knows no OpenID Connect stands behind it."""

import http.server
import json
import os
import pwd
import shutil
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from oidc_provider.documentation.examples import FOLDER
from tests.clients.conftest import SECRET, need
from tests.clients.front import wait_for
from tests.clients.sites import Site, eventually
from tests.services import free_port, unprivileged_user

pytestmark = [pytest.mark.clients, pytest.mark.slow]
MODULES = Path("/usr/lib/apache2/modules")
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
LoadModule rewrite_module {modules}/mod_rewrite.so
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
{errors}

<Location /espace/>
  AuthType openid-connect
  Require valid-user
  ProxyPass http://127.0.0.1:{upstream}/
</Location>
<Location /espace/retour>
  ProxyPass !
</Location>
"""


# The example's own lines.
EXAMPLE = (FOLDER / "apache" / "ncconnect.conf").read_text()
ERRORS = EXAMPLE[EXAMPLE.index("RewriteEngine") : EXAMPLE.index('<Location "/espace/">')]


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
    """Starts Apache; its address, with a slash."""
    need(shutil.which("apache2"), "apache2")
    need((MODULES / "mod_auth_openidc.so").exists(), "libapache2-mod-auth-openidc")

    @contextmanager
    def starts(*, secret=SECRET, **metadata):
        port = free_port()
        home, client_id = f"http://127.0.0.1:{port}/", f"mod-auth-openidc-{port}"
        members = {
            "client_id": client_id,
            "redirect_uris": [f"{home}espace/retour"],
            "post_logout_redirect_uris": [home],
            "backchannel_logout_uri": f"{home}espace/retour?logout=backchannel",
            "nc_consent": "once",
        }
        provider.registers(**members | metadata)
        place = provider.place / f"apache-{port}"
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
            client_id=client_id,
            secret=secret,
            home=home,
            upstream=application,
            errors=ERRORS.replace("${SITE_URL}", home),
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
            yield Site(home, place / "error.log", client_id)
        finally:
            process.terminate()
            process.wait(20)

    return starts


def who(person, site) -> str | None:
    """Whom the application behind Apache is told of; None where Apache asks to sign in."""
    reached = person.opens(f"{site.home}espace/", until=person.provider.origin)
    is_there = reached.startswith(site.home) and person.page.status_code == 200
    return person.page.json()["oidc_claim_email"] if is_there else None


def test_it_signs_in_passes_claims_refreshes_and_signs_out(provider, person, site):
    with site() as running_site:
        home = running_site.home
        page = f"{home}espace/"
        person.opens(person.signs_in(page, until=home))
        first = person.page.json()
        assert first["oidc_claim_email"] == person.account.email
        assert first["oidc_claim_acr"] == "eidas1"
        assert first["oidc_claim_iss"] == provider.issuer

        hook = {"refresh": page, "access_token": first["oidc_access_token"]}
        assert person.opens(f"{page}retour?{urlencode(hook)}") == page
        second = person.page.json()
        assert second["oidc_access_token"] != first["oidc_access_token"]
        assert second["oidc_claim_sub"] == first["oidc_claim_sub"]

        leave = f"{page}retour?{urlencode({'logout': home})}"
        assert person.opens(leave, until=f"{home}?") == home
        person.opens(page)
        assert "login-title" in person.page.text  # signed out of the provider too


def test_a_sign_out_elsewhere_ends_that_persons_session_here_and_nobody_elses(
    person, other_person, site
):
    with site() as running_site:
        for visitor in (person, other_person):
            visitor.opens(visitor.signs_in(f"{running_site.home}espace/", until=running_site.home))
        person.signs_out_here()
        assert eventually(lambda: who(person, running_site) is None)
        assert who(other_person, running_site) == other_person.account.email


def test_refusing_leads_to_the_sites_home_and_signs_nobody_in(other_person, site):
    with site() as running_site:
        button = f"{running_site.home}espace/"
        back = other_person.signs_in(button, until=running_site.home, answer="deny")
        assert "error=access_denied" in back
        assert other_person.opens(back) == running_site.home
        assert who(other_person, running_site) is None


def test_a_wrong_secret_is_logged_and_signs_nobody_in(person, site):
    with site(secret="not-the-secret") as running_site:
        person.opens(person.signs_in(f"{running_site.home}espace/", until=running_site.home))
        assert running_site.said_within("client_secret: wrong")
        assert who(person, running_site) is None


def test_a_scope_that_is_not_registered_leads_home_and_signs_nobody_in(person, site):
    with site(scope="openid email") as running_site:
        request = person.opens(f"{running_site.home}espace/", until=person.provider.origin)
        back = person.opens(request, until=running_site.home)
        assert "error=invalid_scope" in back
        assert person.opens(back).startswith(f"{running_site.home}?probleme=connexion")
        assert who(person, running_site) is None
