"""`manage.py run_demonstration`, as a newcomer meets it: it starts, works, and stops clean."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urljoin

import psutil
import pytest
import requests

from ncconnect.demonstration import preparation
from tests.services import free_port

BASE_DIR = Path(__file__).resolve().parents[2]
SECOND_START_SECONDS = 10
pytestmark = pytest.mark.slow


class Demonstration:
    """A running demonstration, on ports of its own."""

    def __init__(self, data_dir: Path, **environment: str):
        self.process = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "DEMO_MODE": "1",
            "DATA_DIR": str(data_dir),
            "PORT": str(free_port()),
            "DEMO_PORT": str(free_port()),
            **environment,
        }
        self.site = f"http://127.0.0.1:{self.environment['PORT']}"
        self.partner = f"http://localhost:{self.environment['DEMO_PORT']}"

    def start(self) -> psutil.Popen:
        self.process = psutil.Popen(
            [sys.executable, "manage.py", "run_demonstration"],
            cwd=BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self.process

    def end(self) -> None:
        """Whatever state a failed test left it in; its programs end with it."""
        if self.process and self.process.is_running():
            self.process.terminate()
            self.process.communicate(timeout=30)

    def sign_in_at_partner(self, account: preparation.Account) -> requests.Response:
        """From the partner to the sign-in page, and back once the password is given."""
        with requests.Session() as browser:
            browser.trust_env = False
            start = f"{self.partner}/connexion/initier"
            page = browser.get(start, params={"iss": self.site}, timeout=10)
            fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
            action = re.search(r'<form[^>]* action="([^"]*)"', page.text)
            return browser.post(
                urljoin(page.url, action.group(1) if action else ""),
                data={**fields, "username": account.email, "password": account.password},
                headers={"Referer": page.url},
                timeout=10,
            )


@pytest.fixture
def demonstration(tmp_path):
    """Makes demonstrations with the variables that are given; they end with the test."""
    made: list[Demonstration] = []

    def make(**environment: str) -> Demonstration:
        made.append(Demonstration(tmp_path, **environment))
        return made[-1]

    yield make
    for each in made:
        each.end()


def wait_until_ready(process: psutil.Popen) -> str:
    """What it says up to its last line of welcome, within a minute and a half."""
    said = ""
    impatience = threading.Timer(90, process.terminate)
    impatience.start()
    try:
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                return said
    finally:
        impatience.cancel()
    raise AssertionError(said + process.stderr.read())


def stop(process: psutil.Popen) -> tuple[int, list[psutil.Process]]:
    """Its exit status after Ctrl-C, and those of its processes that are still alive."""
    family = process.children(recursive=True)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    return process.returncode, psutil.wait_procs(family, timeout=2)[1]


def cpu_seconds(process: psutil.Popen) -> float:
    """CPU time that it and its descendants have taken: what a start lasts on one idle core."""
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


def check_a_person_signs_in(demonstration: Demonstration) -> None:
    account = preparation.accounts()[0]
    arrived = demonstration.sign_in_at_partner(account)
    assert arrived.status_code == 200
    assert arrived.url.startswith(demonstration.partner), arrived.text
    assert "Création de l’espace privé" in arrived.text


def test_it_starts_a_person_signs_in_and_it_stops_without_orphan_twice(demonstration):
    demonstration = demonstration()
    process = demonstration.start()
    said = wait_until_ready(process)
    assert demonstration.site in said
    assert demonstration.partner in said
    check_a_person_signs_in(demonstration)
    assert stop(process) == (0, [])

    process = demonstration.start()
    wait_until_ready(process)
    assert cpu_seconds(process) < SECOND_START_SECONDS
    check_a_person_signs_in(demonstration)
    assert stop(process) == (0, [])


def test_it_runs_on_postgresql_and_redis_when_told_to(demonstration, own_servers, tmp_path):
    demonstration = demonstration(**own_servers)
    process = demonstration.start()
    wait_until_ready(process)
    check_a_person_signs_in(demonstration)
    assert stop(process) == (0, [])
    assert not (tmp_path / "ncconnect.sqlite3").exists()


def test_an_unreachable_database_is_one_sentence(demonstration):
    nowhere = f"postgres://nobody:secret-word@127.0.0.1:{free_port()}/none"
    words = refusal(demonstration(DATABASE_URL=nowhere))
    assert "The database (postgresql) cannot be used" in words
    assert "secret-word" not in words


def test_an_unreachable_redis_is_one_sentence(demonstration):
    nowhere = f"redis://:secret-word@127.0.0.1:{free_port()}/0"
    words = refusal(demonstration(REDIS_URL=nowhere))
    assert "REDIS_URL: the server does not answer" in words
    assert "secret-word" not in words


def refusal(demonstration: Demonstration) -> str:
    """What a demonstration says that refuses to start."""
    process = demonstration.start()
    words = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "Traceback" not in words
    return words
