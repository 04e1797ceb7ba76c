"""The provider under test: inside this process, and running behind a TLS front."""

import json
import os
import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import time_machine

from tests.clients.conftest import need
from tests.clients.front import front, write_certificates
from tests.environment import ROOT
from tests.partner_server import PartnerServer
from tests.running import Service, own_servers
from tests.services import free_port
from tests.spec.conformance.https import Https
from tests.spec.conformance.suite import CLIENTS, EMAIL, PASSWORD, PERSON, Site, Suite

ISSUER = "https://connect.example.nc"
NOTICES = "/backchannel_logout"


@dataclass(frozen=True)
class Running:
    """The running provider, and the relying party's own server, for what we send it."""

    site: Site
    service: Service
    partner: PartnerServer


@pytest.fixture
def in_process(settings):
    """An issuer on https, spoken to without a network; each page is inspected on its way."""
    from accounts.flows.create_account import create_account
    from oidc_provider import discovery
    from oidc_provider.partners.registration import register
    from tests.strict_client import StrictClient

    settings.ISSUER = settings.ORIGIN = ISSUER
    discovery._document.cache_clear()
    create_account(email=EMAIL, password=PASSWORD, claims=PERSON, activated=True)
    for metadata in CLIENTS.values():
        register(metadata)
    with time_machine.travel(time.time(), tick=True) as clock:
        yield Site(ISSUER, lambda: StrictClient(enforce_csrf_checks=True), clock.shift)
    discovery._document.cache_clear()


@pytest.fixture(scope="package")
def running():
    """The service behind its TLS front, with the static clients and a person."""
    need(shutil.which("caddy"), "caddy")
    port = free_port()
    issuer = f"https://localhost:{port}"
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ncconnect-front-")))
        ca = write_certificates(place)
        partner = stack.enter_context(PartnerServer())
        partner.pages[NOTICES] = {}
        service = _start(stack, issuer)
        upstream = int(service.environment["PORT"])
        stack.enter_context(front(place, port=port, upstream=upstream))
        _furnish(service, partner.url + NOTICES)
        yield Running(Site(issuer, _browsers(stack, ca), time.sleep), service, partner)


def _start(stack: ExitStack, issuer: str) -> Service:
    """It must stop clean, with nothing in its logs to hide."""
    service = Service(
        ROOT / f"conformance-{os.getpid()}",
        ISSUER=issuer,
        TRUSTED_PROXIES="127.0.0.1",
        **own_servers(stack),
    )
    service.start()
    stack.callback(_stop, service)
    return service


def _stop(service: Service) -> None:
    status = service.stop()
    service.keep_logs()
    assert (status, service.log_faults()) == (0, [])


def _browsers(stack: ExitStack, ca: Path):
    """Makes clients, each with a cookie jar of its own; closed with the rest."""

    def browser() -> Https:
        client = Https(ca)
        stack.callback(client.session.close)
        return client

    return browser


def _furnish(service: Service, backchannel_logout_uri: str) -> None:
    """By the operator's own commands. The notices go to a server that is really there."""
    person = service.data_dir / "person.json"
    person.write_text(json.dumps(PERSON))
    service.manage(
        *("create_account", "--email", EMAIL, "--password-stdin", "--claims", str(person)),
        text=PASSWORD,
    )
    for name, metadata in CLIENTS.items():
        file = service.data_dir / f"{name}.json"
        here = {"backchannel_logout_uri": backchannel_logout_uri}
        file.write_text(json.dumps(metadata | (here if here.keys() <= metadata.keys() else {})))
        service.manage("register_relying_party", str(file))


@pytest.fixture
def over_tls(running):
    return running.site


@pytest.fixture(params=["in_process", "over_tls"])
def site(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def response_mode():
    """The default; the modules of Form Post OP have another."""


@pytest.fixture
def suite(site, response_mode):
    return Suite(site, response_mode)


@pytest.fixture
def other_client(site, response_mode):
    """The second client of the configuration, with a browser of its own."""
    return Suite(site, response_mode, CLIENTS["conf-basic-2"])
