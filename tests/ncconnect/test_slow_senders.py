"""Sixty-four people on the slowest of lines, and everybody else: sixteen used to stop the site."""

import re
import socket
from urllib.parse import urlsplit

import pytest
import requests

from ncconnect.demonstration import preparation
from tests.running import service  # noqa: F401  (a fixture)

pytestmark = pytest.mark.slow

SLOW = 64
WAIT = 10  # seconds: what is answered only when the slow ones have left fails by it


@pytest.fixture
def slow_senders(service):  # noqa: F811  (the fixture)
    """Each has announced a form of a thousand bytes, and sent one of them."""
    address = urlsplit(service.base_url)
    sockets = []
    for _ in range(SLOW):
        sender = socket.create_connection((address.hostname, address.port), timeout=WAIT)
        sender.sendall(
            f"POST /connexion/ HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 1000\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nu".encode()
        )
        sockets.append(sender)
    yield sockets
    for sender in sockets:
        sender.close()


def test_probes_pages_and_forms_are_answered_meanwhile(service, slow_senders):  # noqa: F811
    with requests.Session() as browser:
        browser.trust_env = False
        for _ in range(4):  # both processes, whichever has the slow ones
            for path in ("/sante/vivant", "/sante/pret", "/", "/.well-known/openid-configuration"):
                answer = requests.get(service.base_url + path, timeout=WAIT)
                assert answer.status_code == 200, path
        page = browser.get(f"{service.base_url}/connexion/", timeout=WAIT)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        account = preparation.accounts()[0]
        form = {"csrfmiddlewaretoken": token, "username": account.email}
        page = browser.post(
            f"{service.base_url}/connexion/",
            form | {"password": account.password},
            headers={"Referer": page.url},
            timeout=WAIT,
        )
        assert urlsplit(page.url).path == "/mon-compte/"
    for sender in slow_senders:  # and they are still waited for
        sender.setblocking(False)
        with pytest.raises(BlockingIOError):
            sender.recv(1)


def test_a_slow_form_is_answered_once_it_is_there(service, slow_senders):  # noqa: F811
    sender = slow_senders[0]
    sender.sendall(b"x" * 999)
    sender.settimeout(WAIT)
    assert sender.recv(100).startswith(b"HTTP/1.1 403")  # no token stands in it
