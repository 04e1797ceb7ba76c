"""The service as it runs in production, on this machine, for the time of a measurement.

One database and one Redis, and as many web servers on them as there are variants. They get what a
production site gets: DEMO_MODE off, an https issuer, a trusted proxy in front (we are it), the
web server's own command from ncconnect.processes.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import cpu
from ncconnect import config, processes
from tests import servers, services

ROOT = config.BASE_DIR
ISSUER = "https://connect.exemple.nc"
START_SECONDS = 60
CHEAP_HASH = {"PASSWORD_HASH_MEMORY": "8", "PASSWORD_HASH_TIME": "1"}


class DidNotStart(Exception):
    """A web server does not answer; the text is what it said last."""


@dataclass(frozen=True)
class Variant:
    """A web server of the benchmark: how it differs from production."""

    name: str
    environment: Mapping[str, str]
    people: int
    target: str = "ncconnect.wsgi:application"


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant("production", {}, people=40),
        Variant("cheap", CHEAP_HASH, people=40),
        # One process: what it remembers from one request to the next is then in one place.
        Variant(
            "counted",
            CHEAP_HASH | {"WEB_WORKERS": "1"},
            people=2,
            target="benchmarks.statements:application",
        ),
    )
}


@dataclass(frozen=True)
class Service:
    """A running variant, and whom it knows."""

    variant: Variant
    port: int
    pid: int
    seed: dict
    data_dir: Path


@dataclass
class Installation:
    """What the variants share."""

    place: Path
    environment: dict[str, str]
    groups: cpu.Groups
    kind: dict[str, str]

    @property
    def database_url(self) -> str:
        return self.environment["DATABASE_URL"]

    def of(self, variant: Variant, port: int) -> dict[str, str]:
        data_dir = self.place / variant.name
        data_dir.mkdir(exist_ok=True)
        changes = {"DATA_DIR": str(data_dir), "PORT": str(port)}
        return self.environment | changes | dict(variant.environment)

    @contextmanager
    def serving(self, variant: Variant) -> Iterator[Service]:
        """A web server of this variant, ready to answer."""
        port = services.free_port()
        environment = self.of(variant, port)
        seed = printed(["benchmarks.seed", variant.name, str(variant.people)], environment)
        *command, _target = processes.web(config.load(environment))
        log = Path(environment["DATA_DIR"]) / "web.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *command, variant.target],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
            )
        try:
            _wait_for(process, port, log)
            yield Service(variant, port, process.pid, json.loads(seed), log.parent)
        finally:
            process.terminate()
            process.wait()


@contextmanager
def installed() -> Iterator[Installation]:
    """An empty, migrated database and an empty Redis, or the embedded ones."""
    with ExitStack() as stack:
        kind = {
            "database": services.provide(stack, "DATABASE_URL", postgresql),
            "queue and cache": services.provide(stack, "REDIS_URL", services.redis),
        }
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ncconnect-bench-")))
        environment = _environment(place)
        if environment["DATABASE_URL"].startswith("postgres"):
            environment["DATABASE_URL"] = stack.enter_context(servers.empty_database())
        else:
            environment["DATABASE_URL"] = f"sqlite:///{place}/ncconnect.sqlite3"
        if environment["REDIS_URL"]:
            environment["REDIS_URL"] = servers.empty_redis()
        printed(["ncconnect.demonstration.catalogues"], environment)
        for command in (["migrate", "--no-input"], ["collectstatic", "--no-input"]):
            printed(["manage", *command, "--verbosity=0"], environment)
        yield Installation(place, environment, _groups(environment), kind)


def postgresql():
    """PostgreSQL that writes as safely as a real one."""
    return services.postgresql(durability="on")


def _environment(place: Path) -> dict[str, str]:
    """Production's, as far as it can be without a proxy and a mail server."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "DJANGO_SETTINGS_MODULE": "ncconnect.settings",
        "DEMO_MODE": "0",
        "ISSUER": ISSUER,
        "SECRET_KEY": secrets.token_urlsafe(64),
        "EMAIL_URL": "smtp://127.0.0.1:25",  # nothing is sent: no mail worker runs
        "TRUSTED_PROXIES": "127.0.0.1",
        "DATA_DIR": str(place),
        "STATIC_ROOT": str(place / "static"),
        "DATABASE_URL": os.environ.get("DATABASE_URL", ""),
        "REDIS_URL": os.environ.get("REDIS_URL", ""),
    }


def _groups(environment: Mapping[str, str]) -> cpu.Groups:
    """The servers behind the web server, where their processes can be seen."""
    places = {"database": "DATABASE_URL", "redis": "REDIS_URL"}
    ports = {name: urlsplit(environment[variable]).port for name, variable in places.items()}
    found = {name: cpu.listener(port) for name, port in ports.items() if port}
    return {name: pid for name, pid in found.items() if pid}


def printed(module: list[str], environment: Mapping[str, str]) -> str:
    """Run a module to its end; what it printed. Raises DidNotStart with what it complained of."""
    result = subprocess.run(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise DidNotStart(f"{' '.join(module)}:\n{result.stderr[-3000:]}")
    return result.stdout


def _wait_for(process: subprocess.Popen, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            try:
                connection.request("GET", "/sante/vivant")
                if connection.getresponse().status == 200:
                    return
            except (OSError, HTTPException):
                time.sleep(0.1)
    raise DidNotStart(f"the web server does not answer:\n{log.read_text()[-3000:]}")
