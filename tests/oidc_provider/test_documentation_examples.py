"""The documentation's examples, run as they are: a person signs in there, and out again.

Those that the pages call « automatique »; the others need what no test machine has.
"""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ncconnect.demonstration import preparation
from oidc_provider.documentation.examples import BY_FOLDER, EXAMPLES, FOLDER
from tests.oidc_provider.example_visitor import SIGN_IN, Visitor
from tests.running import BASE_DIR, Service, service  # noqa: F401  (a fixture)
from tests.services import free_port

pytestmark = [
    pytest.mark.clients,
    pytest.mark.slow,
    pytest.mark.xdist_group("documentation"),
]
START_SECONDS = 40
PYTHON = [sys.executable, "-m"]
DJANGO = [*PYTHON, "django", "runserver", "--noreload", "--pythonpath", "."]
COMMANDS = {
    "python-flask": [*PYTHON, "flask", "--app", "app", "run", "--port", "{port}"],
    "python-django": [*DJANGO, "localhost:{port}"],
    "javascript": ["node", "server.mjs"],
}
# How each library's log tells a wrong secret; openid-client knows the status alone.
FAULT_WORDS = {
    "python-flask": "client_secret: wrong",
    "python-django": "client_secret: wrong",
    "javascript": "401",
}
NODE_MODULES = BASE_DIR / "tests" / "clients" / "node" / "node_modules"
NEEDED = {
    "python-flask": lambda: importlib.util.find_spec("flask"),
    "python-django": lambda: importlib.util.find_spec("mozilla_django_oidc"),
    "javascript": lambda: shutil.which("node") and NODE_MODULES.exists(),
}


def require(folder: str) -> None:
    """On the machine that judges, nothing may be missing."""
    if not NEEDED[folder]():
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing(f"what {folder} needs is not installed")


def register(service: Service, example, place: Path, port: int, **changes) -> str:  # noqa: F811
    """By the operator's command, on a port of the test's own; the secret that it tells."""
    text = (FOLDER / example.folder / "client.json").read_text()
    own = place / "client.json"
    members = json.loads(text.replace(example.home.rsplit(":", 1)[1].strip("/"), str(port)))
    # A name of its own: a running provider keeps a registration for some seconds.
    own_name = {"client_id": f"{members['client_id']}-{port}"}
    own.write_text(json.dumps(members | own_name | changes))
    secret = json.loads(service.manage("register_relying_party", str(own)))["client_secret"]
    service.secrets.add(secret)
    return secret


@contextmanager
def site(service: Service, example, place: Path, secret="", **changes) -> Iterator[str]:  # noqa: F811
    """The example, running on a copy of its folder; where its home is.

    ``secret`` stands in for its own, ``changes`` for members of its registration.
    """
    shutil.copytree(FOLDER / example.folder, place, dirs_exist_ok=True)
    if example.folder == "javascript":
        (place / "node_modules").symlink_to(NODE_MODULES)
    port = free_port()
    own_secret = register(service, example, place, port, **changes)
    environment = {
        "PATH": os.environ["PATH"],
        "NC_ISSUER": service.base_url,
        "NC_CLIENT_ID": json.loads((place / "client.json").read_text())["client_id"],
        "NC_CLIENT_SECRET": secret or own_secret,
        "SITE_SECRET_KEY": "not-a-secret-of-the-example-" * 2,
        "SITE_URL": f"http://localhost:{port}/",
        "DJANGO_SETTINGS_MODULE": "site_settings",
    }
    if example.folder == "python-django":
        migrate = [*PYTHON, "django", "migrate", "--pythonpath", ".", "--verbosity", "0"]
        subprocess.run(migrate, cwd=place, env=environment, check=True)
    command = [word.format(port=port) for word in COMMANDS[example.folder]]
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=place, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_for(port, process, place / "log")
        yield environment["SITE_URL"]
    finally:
        process.kill()
        process.wait()


def wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_the_pages_call_automatic_what_is_run():
    """Java's runs in tests/clients, where its tools are."""
    assert {example.folder for example in EXAMPLES if example.suite} == {*COMMANDS, "java-spring"}


@pytest.mark.parametrize(
    "example", [BY_FOLDER[folder] for folder in COMMANDS], ids=lambda example: example.folder
)
def test_a_person_signs_in_and_out(service, tmp_path, example):  # noqa: F811
    require(example.folder)
    account = preparation.accounts()[0]
    with site(service, example, tmp_path) as home:
        visitor = Visitor(home)
        page = visitor.signs_in(account.email, account.password)
        assert page.url == home
        assert f"Bonjour {account.email}." in page.text
        page = visitor.signs_out()
        assert service.base_url in page.history[-1].url  # through our end-session endpoint
        assert (page.url, SIGN_IN in page.text) == (home, True)
        visitor.opens(home)
        assert "password" in visitor.presses(SIGN_IN).text  # signed out of NC Connect as well


@pytest.mark.parametrize(
    "example", [BY_FOLDER[folder] for folder in COMMANDS], ids=lambda example: example.folder
)
def test_refusing_leads_home_without_alarm_and_a_wrong_secret_leads_home_with_one(
    service,  # noqa: F811
    tmp_path,
    example,
):
    require(example.folder)
    refuses, signs_in, *_ = preparation.accounts()
    with site(service, example, tmp_path, secret="not-the-secret") as home:
        page = Visitor(home).signs_in(refuses.email, refuses.password, answer="deny")
        assert (page.url, SIGN_IN in page.text) == (home, True)
        page = Visitor(home).signs_in(signs_in.email, signs_in.password)
        assert page.url == f"{home}?probleme=connexion"
        assert SIGN_IN in page.text
        assert FAULT_WORDS[example.folder] in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    "example", [BY_FOLDER[folder] for folder in COMMANDS], ids=lambda example: example.folder
)
def test_a_scope_that_is_not_registered_leads_home(service, tmp_path, example):  # noqa: F811
    require(example.folder)
    with site(service, example, tmp_path, scope="openid") as home:
        visitor = Visitor(home)
        visitor.opens(home)
        page = visitor.presses(SIGN_IN)
        assert page.url == f"{home}?probleme=connexion"
        assert SIGN_IN in page.text
        assert "email is not registered" in (tmp_path / "log").read_text()
