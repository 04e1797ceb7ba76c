"""The way back to an application of the person's device, which the browser itself must take."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import AF_INET6
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.test_partners import authorize, register
from tests.browser.visitor import SECOND

PRIVATE = "nc.mairie.app:/retour"
SCHEME = "nc.mairie.app:"
NATIVE = {
    "application_type": "native",
    "redirect_uris": [PRIVATE, "http://127.0.0.1/retour", "http://[::1]/retour"],
    "scope": "openid email",
}


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Bonjour")

    def log_message(self, *arguments):
        pass


class Over6(HTTPServer):
    address_family = AF_INET6


@contextmanager
def listening(kind: type[HTTPServer], host: str) -> Iterator[str]:
    """An application that listens at a port that the system chose; its redirect_uri."""
    with kind((host, 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}/retour"
        server.shutdown()


def presses(person, button: str = "allow") -> None:
    person.page.locator(f"[name={button}]").click()


@pytest.fixture
def person(visitor):
    person = visitor()
    person.has_an_account()
    return person


@pytest.mark.parametrize(("kind", "host"), [(HTTPServer, "127.0.0.1"), (Over6, "::1")])
def test_a_port_of_the_device_is_reached_and_asked_for_each_time(
    person, service, tmp_path, kind, host
):
    request = register(service, tmp_path, f"bureau-{kind.__name__.lower()}", **NATIVE)
    with listening(kind, host) as back:
        for signs_in in (True, False):
            person.opens(authorize(request, redirect_uri=back))
            if signs_in:
                person.is_asked_to_sign_in()
                person.signs_in()
            presses(person)
            person.page.wait_for_url(f"{back}?code=*")
            assert person.page.inner_text("body") == "Bonjour"


def handed_over(person, act) -> str:
    """The address that the browser gives the system, for the application that has its scheme.

    None is installed here: the browser stays, and says that this request came to nothing.
    """
    ours = {"predicate": lambda request: request.url.startswith(SCHEME), "timeout": 15 * SECOND}
    with person.page.expect_event("requestfailed", **ours) as handed:
        act()
    address = handed.value.url
    person.service.secrets.update(parse_qs(urlsplit(address).query)["code"])
    return address


def test_a_scheme_is_handed_to_the_system(person, service, tmp_path):
    request = register(service, tmp_path, "telephone", **NATIVE)
    person.opens(authorize(request))
    person.is_asked_to_sign_in()
    person.signs_in()
    assert handed_over(person, lambda: presses(person)).startswith(f"{PRIVATE}?code=")
    person.opens(authorize(request))
    assert handed_over(person, lambda: presses(person)).startswith(f"{PRIVATE}?code=")


def test_also_in_answer_to_the_sign_in_itself(person, service, tmp_path):
    """Of a public service, which informs on that page."""
    request = register(service, tmp_path, "service", **NATIVE, nc_consent="information")
    person.opens(authorize(request))
    person.is_asked_to_sign_in()
    assert handed_over(person, person.signs_in).startswith(f"{PRIVATE}?code=")
