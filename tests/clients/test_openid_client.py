"""openid-client (npm), a certified relying party: nothing to work around."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.conftest import SECRET, need

pytestmark = [pytest.mark.clients, pytest.mark.slow]
PROJECT = Path(__file__).with_name("openid_client")
CALLBACK = "https://partenaire.example.nc/retour"
HOME = "https://partenaire.example.nc/"


class Journey:
    """The program, and what it says and is told."""

    def __init__(self, process: subprocess.Popen):
        self.process = process

    def says(self) -> dict:
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def hears(self, value: object) -> None:
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()


@contextmanager
def journey(provider, client_id: str, algorithm: str) -> Iterator[Journey]:
    environment = {
        "PATH": os.environ["PATH"],
        "NODE_EXTRA_CA_CERTS": str(provider.ca),
        "ISSUER": provider.issuer,
        "CLIENT_ID": client_id,
        "CLIENT_SECRET": SECRET,
        "CALLBACK": CALLBACK,
        "HOME": HOME,
        "ALG": algorithm,
    }
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(
        ["node", "journey.mjs"], cwd=PROJECT, env=environment, text=True, **pipes
    ) as process:
        try:
            yield Journey(process)
        finally:
            process.kill()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256"])
def test_it_signs_in_reads_claims_refreshes_revokes_and_signs_out(provider, person, algorithm):
    need(shutil.which("node"), "node")
    need((PROJECT / "node_modules").is_dir(), "npm ci --prefix tests/clients/openid_client")
    client_id = f"openid-client-{algorithm}"
    provider.registers(
        client_id=client_id,
        redirect_uris=[CALLBACK],
        post_logout_redirect_uris=[HOME],
        id_token_signed_response_alg=algorithm,
    )
    with journey(provider, client_id, algorithm) as program:
        program.hears(person.signs_in(program.says()["authorize"], until=CALLBACK))
        told = program.says()
        assert told["person"]["email"] == person.account.email
        assert told["again"] == told["person"]
        assert told["active"]["active"] is True
        assert told["claims"]["acr"] == "eidas1"
        unchanged = ("sub", "auth_time", "sid", "iss")
        assert [told["renewed"][n] for n in unchanged] == [told["claims"][n] for n in unchanged]

        program.hears("sign out")
        told = program.says()
        assert told["after"] == {"active": False}
        assert person.opens(told["logout"], until=HOME) == f"{HOME}?state=au-revoir"
