"""The same questions to each library that sits inside a site: Express, Auth.js, Django's two."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from oidc_provider.documentation.libraries import BY_NAME
from tests.clients.builds import NODE, built
from tests.clients.conftest import SECRET, need
from tests.clients.sites import eventually, running
from tests.services import free_port

pytestmark = [pytest.mark.clients, pytest.mark.slow]
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Kind:
    """One library: its program, where its button leads, and where people come back to."""

    name: str
    program: Path
    button: str
    callback: str
    presses: bool = False  # its button leads to a page of its own, with a form
    fault: str = "invalid_client"  # how it tells a wrong secret, in its log or on its page
    renews: bool = False
    logout: str = ""  # where it signs out of NC Connect as well
    back_channel: str = ""

    def command(self, port: int) -> list[str]:
        if self.program.suffix == ".mjs":
            need(shutil.which("node"), "node")
            need((NODE / "node_modules" / "express").is_dir(), "tests/clients/build.sh")
            return ["node", str(self.program)]
        return [str(built("python") / "bin" / "python"), str(self.program), str(port)]


KINDS = [
    Kind(
        "express-openid-connect",
        NODE / "express_site.mjs",
        "login",
        "callback",
        fault="WWW-Authenticate",
        renews=True,
        logout="logout",
        back_channel="backchannel-logout",
    ),
    Kind(
        "Auth.js",
        NODE / "auth_site.mjs",
        "auth/signin",
        "auth/callback/ncconnect",
        presses=True,
        fault="CallbackRouteError",
    ),
    Kind(
        "django-allauth",
        HERE / "allauth_site.py",
        "accounts/oidc/ncconnect/login/",
        "accounts/oidc/ncconnect/login/callback/",
        presses=True,
        fault="Third-Party Login Failure",
    ),
    Kind(
        "python-social-auth",
        HERE / "social_site.py",
        "connexion",
        "social/complete/oidc/",
        presses=True,
        fault='"messages": ["',
        renews=True,
    ),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request):
    return request.param


@pytest.fixture
def site(provider, kind, tmp_path):
    """Starts a site of this kind, registered as the documentation says."""

    @contextmanager
    def starts(*, secret=SECRET, **metadata):
        port = free_port()
        home, client_id = f"http://127.0.0.1:{port}/", f"web-{port}"
        if kind.back_channel:
            metadata["backchannel_logout_uri"] = home + kind.back_channel
        members = {
            "client_id": client_id,
            "redirect_uris": [home + kind.callback],
            "post_logout_redirect_uris": [home, home.rstrip("/")],
            "nc_consent": "once",
        }
        provider.registers(**members | BY_NAME[kind.name].registration | metadata)
        environment = {
            "ISSUER": provider.issuer,
            "CLIENT_ID": client_id,
            "CLIENT_SECRET": secret,
            "HOME": home,
            "DATABASE": str(tmp_path / f"{port}.sqlite3"),
            "NODE_EXTRA_CA_CERTS": str(provider.ca),
            "REQUESTS_CA_BUNDLE": str(provider.ca),
            "SSL_CERT_FILE": str(provider.ca),
        }
        with running(kind.command(port), tmp_path, port, environment) as site:
            yield site

    return starts


def request_of(person, kind, site) -> str:
    """The authorization request that the site's button makes, or where its page ends instead."""
    address = person.opens(site.home + kind.button, until=person.provider.origin)
    if kind.presses and address.startswith(site.home):
        [form] = person.forms()
        address = person.sends(form["action"], until=person.provider.origin, **form["hidden"])
    return address


def sign_in(person, kind, site, **more) -> str:
    address = request_of(person, kind, site)
    return person.opens(person.signs_in(address, until=site.home, **more))


def who(person, site) -> str | None:
    person.opens(site.home)
    return person.page.json()["email"]


def test_a_person_signs_in_stays_signed_in_by_refresh_and_signs_out(person, kind, site):
    with site() as running_site:
        assert who(person, running_site) is None
        sign_in(person, kind, running_site)
        assert who(person, running_site) == person.account.email
        if kind.renews:
            person.opens(f"{running_site.home}renouveler")
            assert who(person, running_site) == person.account.email
        if kind.logout:
            person.opens(running_site.home + kind.logout)
            assert who(person, running_site) is None
            person.opens(request_of(person, kind, running_site))
            assert "login-title" in person.page.text  # signed out of the provider too


def test_a_sign_out_elsewhere_ends_that_persons_session_here_and_nobody_elses(
    person, other_person, kind, site
):
    assert bool(kind.back_channel) is BY_NAME[kind.name].back_channel
    with site() as running_site:
        for visitor in (person, other_person):
            sign_in(visitor, kind, running_site)
        person.signs_out_here()
        if kind.back_channel:
            assert eventually(lambda: who(person, running_site) is None)
        assert who(other_person, running_site) == other_person.account.email


def test_refusing_leads_back_to_the_site_and_signs_nobody_in(other_person, kind, site):
    with site() as running_site:
        sign_in(other_person, kind, running_site, answer="deny")
        assert other_person.page.url.startswith(running_site.home)
        assert who(other_person, running_site) is None


def test_a_wrong_secret_signs_nobody_in(person, kind, site):
    with site(secret="not-the-secret") as running_site:
        sign_in(person, kind, running_site)
        assert person.page.url.startswith(running_site.home)
        told = person.page.text
        assert kind.fault in told or running_site.said_within(kind.fault)
        assert who(person, running_site) is None


def test_a_scope_that_is_not_registered_signs_nobody_in(person, kind, site):
    with site(scope="openid email") as running_site:
        address = request_of(person, kind, running_site)
        back = person.opens(address, until=running_site.home)
        assert "error=invalid_scope" in back
        assert "profile" in back
        person.opens(back)
        assert who(person, running_site) is None
