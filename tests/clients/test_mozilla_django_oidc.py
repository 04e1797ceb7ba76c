"""mozilla-django-oidc, in a Django site of its own."""

import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.clients.conftest import SECRET, need
from tests.clients.sites import running
from tests.services import free_port

pytestmark = [pytest.mark.clients, pytest.mark.slow]


@pytest.fixture
def site(provider, tmp_path):
    """Starts the site; its address, with a slash."""
    need(importlib.util.find_spec("mozilla_django_oidc"), "mozilla-django-oidc")

    @contextmanager
    def starts(*, secret=SECRET, **metadata):
        port = free_port()
        home, client_id = f"http://127.0.0.1:{port}/", f"mozilla-django-oidc-{port}"
        members = {
            "client_id": client_id,
            "redirect_uris": [f"{home}oidc/callback/"],
            "post_logout_redirect_uris": [home],
            "nc_consent": "once",
        }
        provider.registers(**members | metadata)
        environment = {
            "ISSUER": provider.issuer,
            "CLIENT_ID": client_id,
            "CLIENT_SECRET": secret,
            "HOME_ADDRESS": home,
            "DATABASE": str(tmp_path / f"{port}.sqlite3"),
            "REQUESTS_CA_BUNDLE": str(provider.ca),  # userinfo and token
            "SSL_CERT_FILE": str(provider.ca),
        }
        script = Path(__file__).with_name("mozilla_site.py")
        command = [sys.executable, str(script), str(port)]
        with running(command, tmp_path, port, environment) as site:
            yield site

    return starts


def sign_in(person, site, **more) -> str:
    button = f"{site.home}oidc/authenticate/"
    return person.opens(person.signs_in(button, until=site.home, **more))


def who(person, site) -> str | None:
    person.opens(site.home)
    return person.page.json()["email"]


def test_it_signs_in_renews_silently_and_signs_out(provider, person, site):
    with site() as running_site:
        home = running_site.home
        sign_in(person, running_site)
        assert person.page.json()["email"] == person.account.email

        person.opens(f"{home}heure/")
        silent = person.opens(home, until=provider.origin)
        assert parse_qs(urlsplit(silent).query)["prompt"] == ["none"]
        assert person.opens(silent) == home
        shown = person.page.json()
        assert shown["email"] == person.account.email

        person.sends(f"{home}oidc/logout/", csrfmiddlewaretoken=shown["csrf"])
        assert person.page.url == home
        assert person.page.json()["email"] is None
        again = person.opens(f"{home}oidc/authenticate/", until=provider.origin)
        person.opens(again)
        assert "login-title" in person.page.text  # signed out of the provider too


def test_refusing_leads_back_and_signs_nobody_in(other_person, site):
    with site() as running_site:
        assert sign_in(other_person, running_site, answer="deny") == running_site.home
        assert who(other_person, running_site) is None


def test_a_wrong_secret_signs_nobody_in(person, site):
    """The library alone ends the page; the documentation's example catches what it raises."""
    with site(secret="not-the-secret") as running_site:
        sign_in(person, running_site)
        assert person.page.status_code == 500
        assert who(person, running_site) is None


def test_a_scope_that_is_not_registered_signs_nobody_in(person, site):
    with site(scope="openid profile") as running_site:
        request = person.opens(
            f"{running_site.home}oidc/authenticate/", until=person.provider.origin
        )
        assert "error=invalid_scope" in person.opens(request, until=running_site.home)
        assert who(person, running_site) is None
