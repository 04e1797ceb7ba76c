"""Behind a real PgBouncer that lends a connection for each transaction, two for everybody."""

import os
import shutil
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests import services

PROGRAM = """
import django
django.setup()
from concurrent.futures import ThreadPoolExecutor
from django.db import connection, transaction
from ncconnect import rows

def asks(number):
    for turn in range(25):
        with transaction.atomic():
            assert rows.first("SELECT %s::int + 1", [number]) == (number + 1,)
            both = {"a": number, "b": turn}
            assert rows.first("SELECT %(a)s::int + %(b)s::int", both) == (number + turn,)
    connection.close()

with ThreadPoolExecutor(8) as threads:
    list(threads.map(asks, range(8)))
"""


@pytest.fixture
def pooled(own_servers, tmp_path):
    """The environment of a program that reaches its own database through the pooler alone."""
    if not shutil.which("pgbouncer"):
        pytest.skip("PgBouncer is not installed")
    server, port = urlsplit(own_servers["DATABASE_URL"]), services.free_port()
    name = server.path.strip("/")
    tmp_path.chmod(0o755)
    (tmp_path / "pgbouncer.ini").write_text(
        f"[databases]\n{name} = host={server.hostname} port={server.port} dbname={name}"
        f" user={server.username} password={server.password}\n"
        "[pgbouncer]\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
    )
    user = services.unprivileged_user()
    if user:
        for place in (tmp_path, *tmp_path.parents[:3]):
            place.chmod(0o755)
    command = [shutil.which("pgbouncer"), str(tmp_path / "pgbouncer.ini")]
    address = server._replace(netloc=f"ncconnect:x@127.0.0.1:{port}").geturl()
    own = {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "ncconnect.settings"}
    with subprocess.Popen(command, user=user, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert any("process up" in line for line in process.stderr)
            yield os.environ | own | {"DEMO_MODE": "1", "DATA_DIR": str(tmp_path / "var")}
        finally:
            process.terminate()


def run(environment: dict) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


def test_nothing_of_ours_belongs_to_a_connection_there(pooled):
    done = run(pooled | {"DATABASE_POOLER": "transaction"})
    assert done.returncode == 0, done.stderr


def test_told_nothing_of_it_we_are_refused_at_the_door(pooled):
    """So that nobody runs half of it: the timeouts would be missing, and plans be lost at times."""
    done = run(pooled | {"DATABASE_POOLER": "session"})
    assert done.returncode != 0
    assert "unsupported startup parameter" in done.stderr
