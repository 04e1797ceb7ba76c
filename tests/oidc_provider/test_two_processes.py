"""A rotation is seen by every process without a restart."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parents[2]
RELOAD = 0.3
# What a web process does with its keys: it holds the ring, and signs at each line that it is sent.
SIGNING = f"""
import sys, django
django.setup()
from oidc_provider.keys import keyring
keyring.RELOAD = {RELOAD}
for line in sys.stdin:
    token = keyring.sign({{"a": 1}}, algorithm="ES256")
    print(keyring.ring().signing["ES256"]["kid"], token, flush=True)
"""
VERIFYING = """
import sys, django
django.setup()
from oidc_provider.keys import keyring
for line in sys.stdin:
    print(keyring.verify(line.strip()), flush=True)
"""


@pytest.fixture
def environment(tmp_path):
    return os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/keys.sqlite3",
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "ncconnect.settings",
    }


@contextmanager
def process(program: str, environment: dict):
    running = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
    finally:
        running.stdin.close()
        running.wait(20)
        running.stdout.close()


def ask(running, line: str = "") -> str:
    running.stdin.write(line + "\n")
    running.stdin.flush()
    return running.stdout.readline().strip()


@pytest.mark.slow
def test_a_rotation_is_seen_by_processes_that_run(environment):
    def manage(*arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, capture_output=True)

    manage("migrate", "oidc_provider")
    manage("migrate", "audit")
    with (
        process(SIGNING, environment) as first,
        process(SIGNING, environment) as second,
        process(VERIFYING, environment) as verifier,
    ):
        before, token = ask(first).split()
        assert ask(second).split()[0] == before
        manage("rotate_signing_keys", "--now")
        time.sleep(RELOAD)
        after, token = ask(first).split()
        assert after != before
        assert ask(second).split()[0] == after
        assert ask(verifier, token) == "{'a': 1}"
