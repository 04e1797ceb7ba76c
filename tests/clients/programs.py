"""Relying parties that are programs without pages: they talk to the test in lines of JSON."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.clients.conftest import SECRET, Provider

CALLBACK = "https://partenaire.example.nc/retour"
HOME = "https://partenaire.example.nc/"


class Program:
    """What it says, and what it is told."""

    def __init__(self, process: subprocess.Popen):
        self._process = process

    def says(self) -> dict:
        line = self._process.stdout.readline()
        assert line, self._process.stderr.read()
        return json.loads(line)

    def hears(self, value: object) -> None:
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()


@contextmanager
def running(
    command: list[str], provider: Provider, client_id: str, *, secret: str = SECRET, **more: str
) -> Iterator[Program]:
    """The program, told of the provider and of itself by its environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "CA": str(provider.ca),
        "SSL_CERT_FILE": str(provider.ca),
        "NODE_EXTRA_CA_CERTS": str(provider.ca),
        "ISSUER": provider.issuer,
        "CLIENT_ID": client_id,
        "CLIENT_SECRET": secret,
        "CALLBACK": CALLBACK,
        "HOME": HOME,
    }
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, env=environment | more, text=True, **pipes) as process:
        try:
            yield Program(process)
        finally:
            process.kill()
