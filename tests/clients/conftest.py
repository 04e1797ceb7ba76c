"""The provider as partners meet it: the real processes behind TLS, under the issuer of v3."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest

from ncconnect.demonstration import preparation
from tests.clients.browser import Browser
from tests.clients.front import front, write_certificates
from tests.environment import ROOT
from tests.running import Service, own_servers
from tests.services import free_port

REALM = "/v3/realms/nc-connect"
SECRET = "a-secret-of-a-client-0123456789-abcdefghij"


def need(found: object, what: str) -> None:
    """Skip where a tool is missing; on the machine that judges, nothing may be missing."""
    if found:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"needs {what}")


@dataclass
class Provider:
    """The running provider: where it is, and what its operator does for the tests."""

    service: Service
    ca: Path

    @property
    def origin(self) -> str:
        return self.service.base_url

    @property
    def issuer(self) -> str:
        return self.service.environment["ISSUER"]

    @property
    def place(self) -> Path:
        """A directory that everybody may read, for the programs that give up their rights."""
        return self.ca.parent

    def registers(self, **metadata) -> None:
        """A partner, told by its metadata; those that differ from ours are given."""
        members = {
            "client_secret": SECRET,
            "client_name": metadata["client_id"],
            "scope": "openid profile email birth identite_pivot",
            "grant_types": ["authorization_code", "refresh_token"],
            "nc_consent": "information",
        }
        file = self.service.data_dir / f"{metadata['client_id']}.json"
        given = {name: value for name, value in (members | metadata).items() if value is not None}
        file.write_text(json.dumps(given))
        self.service.manage("register_relying_party", str(file))
        self.service.secrets.add(SECRET)


class Person(Browser):
    """A demonstration account, in front of a browser of its own."""

    def __init__(self, provider: Provider, account: preparation.Account):
        super().__init__(str(provider.ca))
        self.provider, self.account = provider, account

    def signs_in(self, address: str, *, until: str = "\n", answer: str = "allow") -> str:
        """From the partner's button, or its authorization request, to the partner's address.

        Where a page of ours asks, they press the button called ``answer``.
        """
        request = self.opens(address, until=self.provider.origin)
        reached = self.opens(request, until=until)
        if not reached.startswith(until) and self.can_press("username"):
            reached = self.submits(
                until=until, username=self.account.email, password=self.account.password
            )
        if not reached.startswith(until) and self.can_press(answer):
            reached = self.submits(until=until, **{answer: "1"})
        return reached

    def signs_out_here(self) -> None:
        """On our own page, not at a partner's."""
        self.opens(f"{self.provider.origin}/mon-compte/")
        form = next(form for form in self.forms() if form["action"].endswith("/deconnexion/"))
        self.sends(urljoin(self.page.url, form["action"]), **form["hidden"])


@pytest.fixture(scope="package")
def provider() -> Iterator[Provider]:
    """Started once; it must stop clean, with nothing in its logs to hide."""
    need(shutil.which("caddy"), "caddy")
    port = free_port()
    origin = f"https://localhost:{port}"
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ncconnect-clients-")))
        place.chmod(0o755)
        ca = write_certificates(place)
        running = Service(
            Path(tempfile.mkdtemp(prefix="clients-", dir=ROOT)),
            ISSUER=origin + REALM,
            TRUSTED_PROXIES="127.0.0.1",
            OUTBOUND_NETWORKS="127.0.0.0/8",  # the partners' back channels are on this machine
            **own_servers(stack),
        )
        upstream = int(running.environment["PORT"])
        running.start()
        running.base_url, running.http.verify = origin, str(ca)
        try:
            with front(place, port=port, upstream=upstream):
                yield Provider(running, ca)
        finally:
            status = running.stop()
            running.keep_logs()
        assert status == 0
        faults = running.log_faults()
        assert not faults, "\n".join(["the logs say:", *faults])


@pytest.fixture
def person(provider) -> Person:
    return Person(provider, preparation.accounts()[0])


@pytest.fixture
def other_person(provider) -> Person:
    """Somebody else, in front of another browser."""
    return Person(provider, preparation.accounts()[1])
