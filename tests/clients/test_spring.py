"""The documentation's example in Java, as it is: Spring Boot and Spring Security."""

import json
import shutil
import subprocess
from contextlib import contextmanager

import pytest

from oidc_provider.documentation.examples import FOLDER
from tests.clients.builds import built
from tests.clients.conftest import SECRET, need
from tests.clients.sites import eventually, running
from tests.services import free_port

pytestmark = [pytest.mark.clients, pytest.mark.slow]
EXAMPLE = FOLDER / "java-spring"
BUTTON = "S’identifier avec NC Connect"


@pytest.fixture(scope="module")
def java(provider):
    """The command that starts the example; it knows the tests' CA."""
    need(shutil.which("java"), "java")
    jar, store = built("spring.jar"), provider.place / "trusted.p12"
    subprocess.run(
        [
            *("keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", str(provider.ca)),
            *("-keystore", str(store), "-storetype", "PKCS12", "-storepass", "not-secret"),
        ],
        check=True,
        capture_output=True,
    )
    trust = [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=not-secret"]
    return ["java", "-XX:TieredStopAtLevel=1", *trust, "-jar", str(jar)]


@pytest.fixture
def site(provider, java, tmp_path):
    """Starts it, registered by its own file on a port of the test's."""

    @contextmanager
    def starts(*, secret=SECRET, **metadata):
        port = free_port()
        own = (EXAMPLE / "client.json").read_text().replace(":5005/", f":{port}/")
        members = json.loads(own) | {"client_id": f"exemple-java-{port}"} | metadata
        provider.registers(**members)
        environment = {
            "NC_ISSUER": provider.issuer,
            "NC_CLIENT_ID": members["client_id"],
            "NC_CLIENT_SECRET": secret,
            "SITE_PORT": str(port),
        }
        with running(java, tmp_path, port, environment, host="localhost") as site:
            yield site

    return starts


def sign_in(person, site, **more) -> str:
    button = f"{site.home}oauth2/authorization/ncconnect"
    return person.opens(person.signs_in(button, until=site.home, **more))


def greets(person, site) -> bool:
    person.opens(site.home)
    return f"Bonjour {person.account.email}." in person.page.text


def test_a_person_signs_in_and_out_and_a_sign_out_elsewhere_ends_the_session_here(
    provider, person, other_person, site
):
    with site() as running_site:
        assert sign_in(person, running_site) == running_site.home
        assert greets(person, running_site)
        form = next(form for form in person.forms() if form["action"] == "/logout")
        person.sends(f"{running_site.home}logout", **form["hidden"])
        assert (person.page.url, BUTTON in person.page.text) == (running_site.home, True)
        person.opens(f"{running_site.home}oauth2/authorization/ncconnect")
        assert "login-title" in person.page.text

        sign_in(person, running_site)
        sign_in(other_person, running_site)
        person.signs_out_here()
        assert eventually(lambda: not greets(person, running_site))
        assert greets(other_person, running_site)


def test_refusing_leads_home_without_alarm_and_faults_are_logged_by_their_description(
    person, other_person, site
):
    with site(secret="not-the-secret") as running_site:
        assert sign_in(other_person, running_site, answer="deny") == running_site.home
        assert BUTTON in other_person.page.text
        assert "sign-in:" not in running_site.said

        assert sign_in(person, running_site) == f"{running_site.home}?probleme=connexion"
        assert BUTTON in person.page.text
        assert "client_secret: wrong" in running_site.said


def test_a_scope_that_is_not_registered_is_logged_by_its_name(person, site):
    with site(scope="openid") as running_site:
        person.opens(f"{running_site.home}oauth2/authorization/ncconnect")
        assert person.page.url == f"{running_site.home}?probleme=connexion"
        assert "[invalid_scope] " in running_site.said
        assert "email" in running_site.said.partition("[invalid_scope] ")[2]
