"""The processes of a running site: `python -m ncconnect.processes web|worker|beat`.

One table for the demonstration, the containers and any other supervisor, so that what is tried at
home is what runs in production. Each one replaces itself by the program that it names: signals,
exit status and process id are that program's own.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from ncconnect import config as configuration
from ncconnect import waiting

SHUTDOWN_SECONDS = 25
WEB_LOG = Path(__file__).with_name("web_log.json")


def web(config: configuration.Config) -> list[str]:
    """Granian, a WSGI server with keep-alive.

    No access log: it would write the addresses of mailed links; the site logs its own requests.
    The header limits are those of docs/deployment.md. Threads are for waiting: WEB_THREADS of
    them are served at a time (ncconnect.waiting).
    """
    threads = waiting.threads(config.web_threads, config.password_hash_concurrency)
    return [
        "granian",
        "--interface=wsgi",
        f"--host={config.bind}",
        f"--port={config.port}",
        f"--workers={config.web_workers}",
        f"--blocking-threads={threads}",
        "--http=1",
        "--no-ws",
        "--no-access-log",
        "--log-level=warning",
        f"--log-config={WEB_LOG}",
        "--backlog=2048",
        "--backpressure=1024",
        "--http1-header-read-timeout=10000",
        "--http1-buffer-size=16384",
        "--respawn-failed-workers",
        f"--workers-kill-timeout={SHUTDOWN_SECONDS}",
        "ncconnect.wsgi:application",
    ]


def worker(config: configuration.Config) -> list[str]:
    """The Celery worker. Mail waits on the network, so two processes carry a lot of it."""
    return [
        *("celery", "--app=ncconnect", "--quiet", "worker"),
        *("--concurrency=2", "--max-tasks-per-child=1000"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        f"--loglevel={config.log_level}",
    ]


def beat(config: configuration.Config) -> list[str]:
    """The clock of the periodic tasks: one for the whole site, however many workers there are."""
    return ["celery", "--app=ncconnect", "--quiet", "beat", f"--loglevel={config.log_level}"]


PROCESSES: dict[str, Callable[[configuration.Config], list[str]]] = {
    "web": web,
    "worker": worker,
    "beat": beat,
}


def main(arguments: list[str]) -> None:
    """Replace this process by the one that is named. Ends with a sentence if that cannot be."""
    if len(arguments) != 1 or arguments[0] not in PROCESSES:
        sys.exit("usage: python -m ncconnect.processes " + "|".join(PROCESSES))
    try:
        command = PROCESSES[arguments[0]](configuration.read())
    except configuration.ConfigurationError as error:
        sys.exit(str(error))
    os.execv(sys.executable, [sys.executable, "-m", *command])  # noqa: S606 (no shell is meant)


if __name__ == "__main__":
    main(sys.argv[1:])
