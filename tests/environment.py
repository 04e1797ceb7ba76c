"""The environment of the suite, set before Django reads it (the first import of conftest.py).

Several runs can go on at once: each has a data directory of its own, removed at its end, and each
xdist worker a part of it. DATABASE_URL and REDIS_URL are obeyed; tests/services.py sets them.
"""

import gc
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
IS_CONTROLLER = not WORKER
if "TEST_DATA_DIR" in os.environ:
    ROOT, IS_OURS = Path(os.environ["TEST_DATA_DIR"]), False
else:
    ROOT, IS_OURS = Path(tempfile.mkdtemp(prefix="ncconnect-tests-")), True
    os.environ["TEST_DATA_DIR"] = str(ROOT)  # the xdist workers inherit it

DATA_DIR = ROOT / (WORKER or "main")
DATA_DIR.mkdir(parents=True, exist_ok=True)

os.environ.update(
    DEMO_MODE="1",
    DATA_DIR=str(DATA_DIR),
    STATIC_ROOT=str(ROOT / "static"),
    SECRET_KEY="not-a-secret-" * 5,
    CAPTCHA_BACKEND="images",
    PASSWORD_HASH_MEMORY="8",
    PASSWORD_HASH_TIME="1",
    LOG_LEVEL="INFO",
)
if os.environ.get("REDIS_URL") and WORKER:
    # One Redis database a worker: gw0 has 1, gw1 has 2.
    redis_database = int(WORKER.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = (
        urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{redis_database}").geturl()
    )
os.environ.setdefault("ISSUER", "http://127.0.0.1:8000")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ncconnect.settings")


def pytest_configure(config) -> None:
    """Set Django up; once a run, compile the translations and collect the static files."""
    import django

    django.setup()
    from tests import static_files

    static_files.share_the_table()
    if not IS_CONTROLLER:
        return
    from django.core.management import call_command

    from ncconnect.demonstration import catalogues

    catalogues.compile_all()
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config, specs) -> None:
    """Let the workers read the settings after this file has set each one's own environment.

    With the settings' name inherited, pytest-django would read them first.
    """
    del os.environ["DJANGO_SETTINGS_MODULE"]


# What starts programs, or waits for a server: `make test` leaves them to `make test-all`.
NEEDING_SERVERS = {"service", "running", "installation", "own_servers", "needs_postgresql"}


def pytest_collection_modifyitems(items) -> None:
    """Mark what needs servers, by the fixtures that start them."""
    for item in items:
        needed = NEEDING_SERVERS.intersection(getattr(item, "fixturenames", ()))
        if needed or "over_tls" in item.nodeid:
            item.add_marker(pytest.mark.servers)


def pytest_collection_finish(session) -> None:
    """What is loaded now stays: no collection of garbage looks through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_report_header(config) -> list[str]:
    """Which database and which cache and queue this run is about."""
    from django.db import connection

    queue = "Redis" if os.environ.get("REDIS_URL") else "embedded (files, memory)"
    return [f"database: {connection.display_name}", f"queue and cache: {queue}"]


def pytest_unconfigure(config) -> None:
    if IS_CONTROLLER and IS_OURS:
        shutil.rmtree(ROOT, ignore_errors=True)
