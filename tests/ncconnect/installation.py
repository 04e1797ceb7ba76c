"""A site in a temporary directory: its own SQLite file, its own queue, real processes.

With REDIS_URL set, the queue is Redis, in a database that no other test uses.
"""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from tests import servers
from tests.ncconnect.smtp_sink import free_port

ROOT = Path(__file__).parent.parent.parent
WORKER = "worker --concurrency 1 --without-gossip --without-mingle --without-heartbeat"


def wait_for(condition: Callable[[], object], seconds: float = 60) -> bool:
    """Whether ``condition`` comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


class Installation:
    """``run(code)`` runs Python in the site; ``start_worker()`` starts a Celery worker."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._processes: list[subprocess.Popen] = []
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ},
            "DEMO_MODE": "1",
            "DATA_DIR": str(directory / "var"),
            "ISSUER": f"http://127.0.0.1:{free_port()}",
            "DJANGO_SETTINGS_MODULE": "ncconnect.settings",
            "PYTHONPATH": str(ROOT),
        }
        if servers.has_redis():
            self.environment["REDIS_URL"] = servers.installations_redis()

    def __enter__(self) -> "Installation":
        return self

    def __exit__(self, *exc) -> None:
        for process in self._processes:
            if process.poll() is None:
                self.kill(process)

    def manage(self, *arguments: str) -> str:
        return self._run(sys.executable, "manage.py", *arguments)

    def migrate(self) -> None:
        self.manage("migrate", "--verbosity=0")

    def run(self, code: str) -> str:
        """What this code prints."""
        setup = "import django; django.setup()\n"
        return self._run(sys.executable, "-c", setup + textwrap.dedent(code)).strip()

    def _run(self, *command: str) -> str:
        result = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert result.returncode == 0, result.stderr[-2000:]
        return result.stdout

    def start_worker(self, arguments: str = WORKER) -> subprocess.Popen:
        """A worker process group of its own; its log is in worker.log."""
        log = (self.directory / "worker.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "ncconnect", *arguments.split()],
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self._processes.append(process)
        return process

    def kill(self, process: subprocess.Popen) -> None:
        """As when the machine loses its power: the process and its children, at once."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
