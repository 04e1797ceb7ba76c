"""Runs a command beside a PostgreSQL and a Redis of its own: `python -m tests.services COMMAND`.

Uses what it finds: DATABASE_URL and REDIS_URL if they are set, else the servers' programs if they
are installed, in a temporary directory and on free ports; else the embedded default. SERVICES
says otherwise: `none` uses neither, `required` fails when one is missing.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

WANTED = os.environ.get("SERVICES", "found")


class Missing(Exception):
    """A server's programs are not installed."""


def find(program: str) -> str:
    """Its path, Debian's hidden place for PostgreSQL included. Raises Missing."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    hidden = os.pathsep.join(map(str, versions))
    found = shutil.which(program) or shutil.which(program, path=hidden)
    if not found:
        raise Missing(program)
    return found


def _version(directory: Path) -> float:
    return float(directory.parent.name)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def unprivileged_user() -> str | None:
    """Whom to run PostgreSQL as: it refuses root."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextlib.contextmanager
def postgresql(durability: str = "off") -> Iterator[str]:
    """A new PostgreSQL on a free port; gives its DATABASE_URL. Speed over safety: no fsync.

    ``durability="on"`` writes as safely as a real one does.
    """
    initdb, postgres = find("initdb"), find("postgres")
    user, port, password = unprivileged_user(), free_port(), secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory(prefix="ncconnect-pg-", ignore_cleanup_errors=True) as place:
        if user:
            shutil.chown(place, user)
        (Path(place) / "password").write_text(password)
        data = f"{place}/data"
        subprocess.run(
            [
                *(initdb, f"--pgdata={data}", "--username=ncconnect"),
                *(f"--pwfile={place}/password", "--auth=scram-sha-256"),
                *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
            ],
            user=user,
            cwd=place,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": place,
            "max_connections": 200,
            "fsync": durability,
            "synchronous_commit": durability,
            "full_page_writes": durability,
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        client = ["--host=127.0.0.1", f"--port={port}", "--username=ncconnect"]
        with server([postgres, "-D", data, *settings], place, user, signal.SIGINT):
            subprocess.run(
                [find("createdb"), *client, "ncconnect"],
                env={"PGPASSWORD": password, "PATH": os.defpath},
                check=True,
            )
            yield f"postgres://ncconnect:{password}@127.0.0.1:{port}/ncconnect"


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A new Redis on a free port, which keeps nothing; gives its REDIS_URL."""
    program, port = find("redis-server"), free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with (
        tempfile.TemporaryDirectory(prefix="ncconnect-redis-") as place,
        server([program, *options, "--dir", place], place, None, signal.SIGTERM),
    ):
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def server(command, place, user, stop_signal) -> Iterator[None]:
    """Run a server from the moment it says that it is ready to the end of the block."""
    log = Path(place, "log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=place,
            user=user,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(process, log)
        yield
    finally:
        process.send_signal(stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(process: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        if b"ready to accept connections" in log.read_bytes().lower():
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"{process.args[0]} did not start:\n{log.read_text()[-2000:]}")


def provide(stack: contextlib.ExitStack, variable: str, start) -> str:
    """Set ``variable`` to a server that runs until the stack closes; returns what is used."""
    if os.environ.get(variable):
        return f"the one of {variable}"
    if WANTED == "none":
        return "embedded, as asked for"
    try:
        os.environ[variable] = stack.enter_context(start())
    except Missing as program:
        if WANTED == "required":
            raise SystemExit(f"{program} is not installed, and SERVICES=required") from None
        return f"embedded ({program} is not installed)"
    return f"{start.__name__}, started for this run"


def main(command: list[str]) -> int:
    """Run ``command`` beside the services; returns its exit status."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with contextlib.ExitStack() as stack:
        print("database:", provide(stack, "DATABASE_URL", postgresql), flush=True)
        print("queue and cache:", provide(stack, "REDIS_URL", redis), flush=True)
        process = subprocess.Popen(command)
        try:
            return process.wait()
        except KeyboardInterrupt:
            return process.wait()
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
