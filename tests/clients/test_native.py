"""Applications of a computer, which listen at a port that the system has chosen (RFC 8252, 7.3):
the documentation's example, and go-oidc with golang.org/x/oauth2, as they are."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests

from oidc_provider.documentation.examples import FOLDER
from tests.clients.builds import built
from tests.clients.programs import running
from tests.services import free_port

pytestmark = [pytest.mark.clients, pytest.mark.slow]
EXAMPLE = FOLDER / "application"
HERE = "http://127.0.0.1"


@contextmanager
def example(provider, client_id: str):
    """The example, registered by its own file and started by its own command."""
    members = json.loads((EXAMPLE / "client.json").read_text()) | {"client_id": client_id}
    provider.registers(**members, client_secret=None)
    environment = {
        "PATH": os.environ["PATH"],
        "REQUESTS_CA_BUNDLE": str(provider.ca),
        "NC_ISSUER": provider.issuer,
        "NC_CLIENT_ID": client_id,
        "BROWSER": "true",  # nobody sits at this machine: the test is the person's browser
    }
    command = [sys.executable, str(EXAMPLE / "application.py")]
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, env=environment, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def hears(address: str) -> requests.Response:
    """What the application answers the browser that comes back."""
    with requests.Session() as http:
        http.trust_env = False
        return http.get(address, timeout=30)


def test_the_example_signs_in_at_a_port_of_its_own(provider, person):
    with example(provider, "exemple-application") as process:
        back = person.signs_in(process.stdout.readline().strip(), until=HERE)
        assert hears(back).text == "Vous pouvez revenir à l’application."
        said, faults = process.communicate(timeout=30)
        assert (said, faults) == (f"Bonjour {person.account.email}.\n", "")


def test_the_person_refuses_and_the_example_ends_in_peace(provider, other_person):
    with example(provider, "application-refused") as process:
        address = process.stdout.readline().strip()
        hears(other_person.signs_in(address, until=HERE, answer="deny"))
        assert process.communicate(timeout=30) == ("", "access_denied\n")


def test_an_answer_that_it_did_not_ask_for_is_refused(provider, person):
    with example(provider, "application-forged") as process:
        back = person.signs_in(process.stdout.readline().strip(), until=HERE)
        hears(back.replace("state=", "state=x"))
        assert process.communicate(timeout=30) == ("", "an answer that we did not ask for\n")


@pytest.mark.parametrize("listener", [HERE, "nc.mairie.app"])
def test_go_as_it_is_signs_in_and_refreshes(provider, person, listener):
    """An empty secret is what golang.org/x/oauth2 has for a client without one."""
    client_id = f"go-{len(listener)}"
    registered = f"{listener}/retour" if listener == HERE else f"{listener}:/retour"
    provider.registers(
        client_id=client_id,
        client_secret=None,
        application_type="native",
        token_endpoint_auth_method="none",
        redirect_uris=[registered],
        nc_consent="once",
    )
    back = f"{HERE}:{free_port()}/retour" if listener == HERE else registered
    command = [str(built("go-oidc"))]
    with running(command, provider, client_id, secret="", CALLBACK=back) as program:
        program.hears(person.signs_in(program.says()["authorize"], until=back))
        told = program.says()
        assert told["email"] == person.account.email
        program.hears("expired")
        assert program.says()["sub"] == told["sub"]
