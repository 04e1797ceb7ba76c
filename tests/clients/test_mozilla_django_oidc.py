"""mozilla-django-oidc, in a Django site of its own."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.clients.conftest import SECRET, need
from tests.clients.front import wait_for
from tests.services import free_port

pytestmark = [pytest.mark.clients, pytest.mark.slow]
CLIENT_ID = "mozilla-django-oidc"


@pytest.fixture
def site(provider, tmp_path):
    """Its address, with a slash; it ends with the test."""
    need(importlib.util.find_spec("mozilla_django_oidc"), CLIENT_ID)
    port = free_port()
    home = f"http://127.0.0.1:{port}/"
    provider.registers(
        client_id=CLIENT_ID,
        redirect_uris=[f"{home}oidc/callback/"],
        post_logout_redirect_uris=[home],
        token_endpoint_auth_method="client_secret_post",
    )
    environment = {
        "ISSUER": provider.issuer,
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": SECRET,
        "HOME_ADDRESS": home,
        "DATABASE": str(tmp_path / "site.sqlite3"),
        "REQUESTS_CA_BUNDLE": str(provider.ca),  # userinfo and token
        "SSL_CERT_FILE": str(provider.ca),
    }
    log = tmp_path / "site.log"
    script = Path(__file__).with_name("mozilla_site.py")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(script), str(port)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(port, process, log)
        yield home
    finally:
        process.kill()
        process.wait()


def test_it_signs_in_renews_silently_and_signs_out(provider, person, site):
    address = person.opens(f"{site}oidc/authenticate/", until=provider.origin)
    person.opens(person.signs_in(address, until=site))
    assert person.page.json()["email"] == person.account.email

    person.opens(f"{site}heure/")
    silent = person.opens(site, until=provider.origin)
    assert parse_qs(urlsplit(silent).query)["prompt"] == ["none"]
    assert person.opens(silent) == site
    shown = person.page.json()
    assert shown["email"] == person.account.email

    person.sends(f"{site}oidc/logout/", csrfmiddlewaretoken=shown["csrf"])
    assert person.page.url == site
    assert person.page.json()["email"] is None
    again = person.opens(f"{site}oidc/authenticate/", until=provider.origin)
    person.opens(again)
    assert "login-title" in person.page.text  # signed out of the provider too
