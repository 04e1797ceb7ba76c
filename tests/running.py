"""The real demonstration, running: site, worker, clock and partner, on ports and data of their own.

`service` starts it once for the tests of one folder. It obeys DATABASE_URL and REDIS_URL, in an
empty database and an empty Redis database of its own.
"""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest
import requests

from tests.environment import ROOT
from tests.services import free_port

BASE_DIR = Path(__file__).resolve().parents[1]
ARTEFACTS = BASE_DIR / "artefacts"
START_SECONDS = 120
STOP_SECONDS = 40
SECRET_KEY = "not-a-secret-of-the-service-" * 2
# What no program of the service may have said by the time it stops.
FAILURES = (
    "Traceback (most recent call last)",
    '"level": "ERROR"',
    '"level": "CRITICAL"',
    "[WARNING] Configuration",  # the web server's, of what we asked it for
)
CSP_REPORT = "content security policy"
LINK = re.compile(
    r"^\s*(https?://\S+/(?:activation|mot-de-passe-oublie)/([\w-]{30,})/)\s*$", re.MULTILINE
)


class Service:
    """A running demonstration, and what the tests may know of its inside."""

    def __init__(self, data_dir: Path, **environment: str):
        self.data_dir = data_dir
        self.secrets: set[str] = set()
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "DEMO_MODE": "1",
            "DATA_DIR": str(data_dir),
            "PORT": str(free_port()),
            "DEMO_PORT": str(free_port()),
            "SECRET_KEY": SECRET_KEY,
            **environment,
        }
        self.base_url = f"http://127.0.0.1:{self.environment['PORT']}"
        self.partner_url = f"http://localhost:{self.environment['DEMO_PORT']}"
        self.http = requests.Session()
        self.http.trust_env = False  # no proxy stands between us and ourselves
        self._log = data_dir / "demonstration.log"

    # Life

    def start(self) -> None:
        """Returns once everything answers. Raises AssertionError with what it said instead."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "run_demonstration"],
                cwd=BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while "Ctrl-C" not in self._log.read_text():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"the service did not start:\n{self._log.read_text()}")
            time.sleep(0.1)
        self.secrets.add((self.data_dir / "impots_nc_client_secret").read_text().strip())

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does; its exit status."""
        self.http.close()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            return self._process.wait()

    def log_faults(self) -> list[str]:
        """Lines of the logs that should not be there: failures, and secrets in readable form."""
        faults = []
        for log in [self._log, *(self.data_dir / "logs").glob("*.log")]:
            for line in log.read_text(errors="replace").splitlines():
                if any(word in line for word in (*FAILURES, CSP_REPORT)):
                    faults.append(f"{log.name}: {line}")
                elif any(secret in line for secret in self.secrets):
                    faults.append(f"{log.name}: a secret stands in a line of {len(line)} signs")
        return faults

    def keep_logs(self) -> None:
        """Copy the logs to where a failed run is looked into."""
        place = ARTEFACTS / "service"
        place.mkdir(parents=True, exist_ok=True)
        for log in [self._log, *(self.data_dir / "logs").glob("*.log")]:
            shutil.copy(log, place / log.name)

    def manage(self, *arguments: str, text: str = "") -> str:
        """What an operator does: `manage.py` with these arguments, ``text`` on standard input."""
        command = [sys.executable, "manage.py", *arguments]
        result = subprocess.run(
            command,
            cwd=BASE_DIR,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    # Mails

    def mails(self, to: str) -> list[dict[str, str]]:
        """What the demonstration mailbox holds for this address, newest first."""
        answer = self.http.get(f"{self.base_url}/demo/boite-mail/messages.json", timeout=20)
        mails = [mail for mail in answer.json() if mail["to"] == to]
        self.secrets.update(link[2] for mail in mails for link in LINK.finditer(mail["text"]))
        return mails

    def link(self, to: str) -> str:
        """The one-time link of the newest mail that has one."""
        return next(link[1] for mail in self.mails(to) if (link := LINK.search(mail["text"])))

    # The captcha

    def captcha_answer(self, token: str) -> list[str]:
        """The values of the right pictures, drawn as the service does from the test's seed."""
        return sorted(self._challenge(token).right_values)

    def captcha_code(self, token: str) -> str:
        """The digits of the sound."""
        return self._challenge(token).code

    def _challenge(self, token: str):
        """The test of a token that the service sealed, with its own key."""
        from django.test import override_settings

        from accounts.captcha import challenge

        with override_settings(SECRET_KEY=SECRET_KEY):
            facts = challenge.Facts(**challenge._TOKEN.open(token))
        return challenge.Challenge(facts)

    # The database

    def select(self, statement: str, *values) -> list[tuple]:
        """The rows of a query; ``%s`` stands for a value."""
        return self._run(statement, values, lambda cursor: cursor.fetchall())

    def execute(self, statement: str, *values) -> int:
        """Change rows behind the service's back, to make time pass; how many were changed."""
        return self._run(statement, values, lambda cursor: cursor.rowcount)

    def _run(self, statement: str, values: tuple, read):
        url = self.environment.get("DATABASE_URL", "")
        if url.startswith("postgres"):
            connection = psycopg2.connect(url)
        else:
            connection = sqlite3.connect(self.data_dir / "ncconnect.sqlite3", timeout=20)
            statement = statement.replace("%s", "?")
        with closing(connection), closing(connection.cursor()) as cursor:
            cursor.execute(statement, values)
            result = read(cursor)
            connection.commit()
            return result


def own_servers(stack: ExitStack) -> dict[str, str]:
    """DATABASE_URL and REDIS_URL for the service, where the run has such servers."""
    from tests import servers

    own = {}
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        own["DATABASE_URL"] = stack.enter_context(servers.empty_database())
    if servers.has_redis():
        own["REDIS_URL"] = servers.empty_redis()
    return own


@pytest.fixture(scope="package")
def service() -> Iterator[Service]:
    """The demonstration, started once; it must stop clean, with nothing in its logs to hide."""
    with ExitStack() as stack:
        # A place of its own each time: two folders of tests may each have one, in one process.
        place = Path(tempfile.mkdtemp(prefix="service-", dir=ROOT))
        running = Service(place, **own_servers(stack))
        running.start()
        try:
            yield running
        finally:
            status = running.stop()
            running.keep_logs()
        assert status == 0
        faults = running.log_faults()
        assert not faults, "\n".join(["the logs say:", *faults])
